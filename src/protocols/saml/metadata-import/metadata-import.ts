import type { Application, Applications, SamlSettings } from '../../../applications/index.ts'
import { OutboundRefused, type Outbound } from '../../../http/outbound/index.ts'
import type { Clock, OrganizationId, Storage, Transaction } from '../../../storage/index.ts'
import type { XmlReader } from '../../xml/index.ts'
import { readPassiveApplication, type PassiveApplication } from './passive-application.ts'
import { nothing, type MetadataAnswer, type MetadataProblemCode } from './problems.ts'
import { metadataBytes, readMetadata } from './read.ts'
import { readServiceProvider, type ServiceProvider } from './service-provider.ts'

export interface MetadataImportNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly applications: Applications
  readonly outbound: Pick<Outbound, 'fetch'>
  readonly xml: Pick<XmlReader, 'read'>
}

/** Runs in the transaction of the refresh, only when endpoints or keys of the application have changed. */
export type RecordRefresh = (tx: Transaction, before: Application, after: Application) => Promise<void>
export type Refreshed = { readonly outcome: 'unchanged' | 'changed' } | { readonly outcome: 'failed'; readonly problem: MetadataProblemCode } | { readonly outcome: 'gone' }

export interface MetadataReader {
  /** @param wanted the entity ID, where it is known */
  readServiceProvider(text: string, wanted?: string): Promise<MetadataAnswer<ServiceProvider>>
  readPassiveApplication(text: string, wanted?: string): Promise<MetadataAnswer<PassiveApplication>>
}

export interface MetadataImport extends MetadataReader {
  fetchServiceProvider(url: string, wanted?: string): Promise<MetadataAnswer<ServiceProvider>>
  /** Reads the address again. A failure is written down beside the last good data and changes nothing else. */
  refresh(organizationId: OrganizationId, id: string, record: RecordRefresh): Promise<Refreshed>
  /** Every application that has an address, one after the other; for a daily job. */
  refreshAll(record: RecordRefresh, signal: AbortSignal): Promise<void>
}

export function createMetadataReader({ xml, clock }: Pick<MetadataImportNeeds, 'xml' | 'clock'>): MetadataReader {
  return {
    readServiceProvider: (text, wanted) => readMetadata(xml, text, (root) => readServiceProvider(root, { now: clock.now(), wanted })),
    readPassiveApplication: (text, wanted) => readMetadata(xml, text, (root) => readPassiveApplication(root, { now: clock.now(), wanted })),
  }
}

export function createMetadataImport(needs: MetadataImportNeeds): MetadataImport {
  const { storage, clock, applications } = needs
  const reader = createMetadataReader(needs)

  const fetchProvider = async (url: string, wanted?: string): Promise<MetadataAnswer<ServiceProvider>> => {
    const fetched = await fetchText(needs.outbound, url)
    return typeof fetched === 'string' ? reader.readServiceProvider(fetched, wanted) : fetched
  }

  const refresh = async (organizationId: OrganizationId, id: string, record: RecordRefresh): Promise<Refreshed> => {
    const shown = await applications.find(organizationId, id)
    const url = shown?.saml?.metadataUrl ?? null
    if (!shown || url === null) return { outcome: 'gone' }
    const { found, problems } = await fetchProvider(url, shown.clientId)
    return storage.write(async (tx): Promise<Refreshed> => {
      const before = await applications.find(organizationId, id, tx)
      // Somebody may have changed or deleted it while we waited for the other host.
      if (!before?.saml || before.saml.metadataUrl !== url) return { outcome: 'gone' }
      const code = problems[0]?.code ?? 'not_metadata'
      if (!found && before.saml.metadataProblem === code) return { outcome: 'failed', problem: code }
      const saml: SamlSettings = found ? withMetadata(before.saml, found, clock.now()) : { ...before.saml, metadataProblem: code }
      await applications.update(tx, organizationId, before.id, { saml })
      if (!found) return { outcome: 'failed', problem: code }
      if (sameTrust(before.saml, saml)) return { outcome: 'unchanged' }
      await record(tx, before, { ...before, saml })
      return { outcome: 'changed' }
    })
  }

  return {
    ...reader,
    fetchServiceProvider: fetchProvider,
    refresh,
    async refreshAll(record, signal) {
      const faults: unknown[] = []
      for (const { organizationId, id } of await applications.withMetadataAddress()) {
        if (signal.aborted) return
        // A fault of ours with one of them must not cost the others their turn.
        await refresh(organizationId, id, record).catch((error: unknown) => { faults.push(error) })
      }
      if (faults.length > 0) throw new AggregateError(faults, `the metadata of ${faults.length} applications could not be looked at again`)
    },
  }
}

/** What metadata decides; everything else about an application is its administrator's. */
export function withMetadata(settings: SamlSettings, found: ServiceProvider, now: number): SamlSettings {
  return {
    ...settings, acs: found.acs, slo: found.slo, signingCertificates: [...found.signingCertificates],
    // Metadata without such a key does not take away the one that an administrator has typed.
    encryptionCertificate: found.encryptionCertificate ?? settings.encryptionCertificate,
    metadataReadAt: now, metadataProblem: null,
  }
}

function sameTrust(a: SamlSettings, b: SamlSettings): boolean {
  const trust = ({ acs, slo, signingCertificates, encryptionCertificate }: SamlSettings): string => JSON.stringify([acs, slo, signingCertificates, encryptionCertificate])
  return trust(a) === trust(b)
}

async function fetchText(outbound: Pick<Outbound, 'fetch'>, url: string): Promise<string | MetadataAnswer<ServiceProvider>> {
  try {
    const { status, body } = await outbound.fetch(url, { maxBytes: metadataBytes, headers: { accept: 'application/samlmetadata+xml, application/xml, text/xml' } })
    return status === 200 ? body.toString('utf8') : nothing('status', String(status))
  } catch (error) {
    if (!(error instanceof OutboundRefused)) throw error
    switch (error.reason) {
      case 'url': case 'header': return nothing('address', error.message)
      case 'scheme': return nothing('forbidden_address', error.message)
      // Where a name of the inner network leads is no business of whoever may type an address.
      case 'address': return nothing('forbidden_address', new URL(url).host)
      case 'unreachable': return nothing('unreachable', error.message)
      case 'timeout': return nothing('timeout', error.message)
      case 'too_large': return nothing('too_large', error.message)
    }
  }
}
