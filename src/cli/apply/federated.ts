import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseSamlSettings, parseWsFedSettings, readCertificate, usualAttributes, type Application, type SamlSettings, type WsFedSettings } from '../../applications/index.ts'
import { OperatorError } from '../../errors.ts'
import type { ServiceProvider } from '../../protocols/saml/metadata-import/index.ts'
import type { ApplicationId } from '../../storage/index.ts'
import { accessOf } from './application-access.ts'
import type { ApplicationEntry } from './document.ts'
import { differences, type ApplyNeeds, type Pass } from './step.ts'

/** One application that speaks SAML or WS-Federation; it is found by its entity ID or realm. */
export async function reconcileFederated(needs: ApplyNeeds, pass: Pass, entry: ApplicationEntry): Promise<ApplicationId> {
  const { tx, organization, note } = pass
  const told = entry.metadata === undefined ? null : await readMetadataFile(needs, entry, entry.metadata)
  const clientId = entry.entityId ?? entry.realm ?? told?.entityId ?? ''
  const before = await find(needs, pass, entry, clientId)
  const settings = entry.kind === 'saml' ? { saml: samlOf(needs, entry, before?.saml ?? null, told) } : { wsfed: wsfedOf(entry, before?.wsfed ?? null) }
  const { name, description, launchUrl, enabled, requiredAssurance } = entry

  if (!before) {
    const id = await needs.applications.create(tx, organization.id, {
      name, description: description ?? '', protocol: entry.kind === 'saml' ? 'saml' : 'wsfed', clientId, launchUrl: launchUrl ?? null, trusted: true, access: accessOf(entry) ?? 'everyone',
      requiredAssurance: requiredAssurance ?? null, ...settings,
    })
    if (enabled === false) await needs.applications.update(tx, organization.id, id, { enabled: false })
    const details = [entry.kind, `${entry.kind === 'saml' ? 'entity ID' : 'realm'} ${clientId}`, ...(enabled === false ? ['switched off'] : [])].join(', ')
    await note({ verb: 'create', kind: 'application', name, action: 'application.created', id, details })
    return id
  }
  const plain = differences(before, { name, description, launchUrl, enabled, requiredAssurance, access: accessOf(entry) })
  const changed = settings.saml ? differences<SamlSettings>(before.saml ?? settings.saml, settings.saml) : differences<WsFedSettings>(before.wsfed ?? settings.wsfed, settings.wsfed)
  const text = [plain.text, changed.text].filter((part) => part !== '').join(', ')
  if (text !== '') {
    await needs.applications.update(tx, organization.id, before.id, { ...plain.changes, ...(changed.text === '' ? {} : settings) })
    await note({ verb: 'change', kind: 'application', name, action: 'application.changed', details: text, id: before.id })
  }
  return before.id
}

async function find({ applications }: ApplyNeeds, { tx, organization }: Pass, { name, kind }: ApplicationEntry, clientId: string): Promise<Application | undefined> {
  const found = await applications.findByAnyClientId(clientId, tx)
  if (found && found.organizationId !== organization.id) throw new OperatorError(`${clientId} belongs to another organization`)
  if (found && found.protocol !== kind) throw new OperatorError(`the application ${found.name} is of kind ${found.oidc?.kind ?? found.protocol} and cannot become ${kind}; delete it under Applications first, or give ${name} another id`)
  return found
}

async function readMetadataFile(needs: ApplyNeeds, entry: ApplicationEntry, reference: string): Promise<ServiceProvider> {
  const { found, problems } = await needs.metadata.readServiceProvider(readReference(needs, entry, reference), entry.entityId)
  if (found) return found
  const [first] = problems
  throw new OperatorError(`the metadata of ${entry.name} (${reference}) cannot be used: ${needs.sentence(first?.code ?? 'not_metadata')}${first?.detail ? ` (${first.detail})` : ''}`)
}

/** @throws OperatorError where the result could not work */
function samlOf(needs: ApplyNeeds, entry: ApplicationEntry, before: SamlSettings | null, told: ServiceProvider | null): SamlSettings {
  const { metadataUrl, acsUrls, sloUrl, nameIdFormat, nameIdExpression, signedRequests, signResponse, encryptAssertions, allowSha1, idpInitiated, relayState } = entry
  const certificate = (text: string): string => readCertificateOf(needs, entry, text)
  // Once its address has been read, that knows better than a file which was put aside.
  const readSince = before !== null && before.metadataReadAt !== null && before.metadataUrl !== null && (metadataUrl === undefined || metadataUrl === before.metadataUrl)
  const fromFile = told === null || readSince ? {} : {
    acs: told.acs, slo: told.slo, signingCertificates: told.signingCertificates, ...(told.encryptionCertificate === null ? {} : { encryptionCertificate: told.encryptionCertificate }),
    ...(before === null ? { signedRequests: told.signedRequests, ...(told.nameIdFormat === null ? {} : { nameIdFormat: told.nameIdFormat }), ...(told.requestedAttributes.length === 0 ? {} : { attributes: told.requestedAttributes }) } : {}),
  }
  const wanted = {
    acs: acsUrls?.map((url, index) => ({ url, index, isDefault: index === 0 })), slo: sloUrl === undefined ? undefined : sloUrl === null ? [] : [{ binding: 'redirect', url: sloUrl, responseUrl: null }],
    signingCertificates: entry.signingCertificates?.map(certificate), encryptionCertificate: entry.encryptionCertificate === null ? null : entry.encryptionCertificate && certificate(entry.encryptionCertificate),
    metadataUrl, nameIdFormat, nameIdExpression, attributes: rulesOf(entry), signedRequests, signResponse, encryptAssertions, allowSha1, idpInitiated, relayState,
    ...(metadataUrl === undefined || metadataUrl === (before?.metadataUrl ?? null) ? {} : { metadataReadAt: null, metadataProblem: null }),
  }
  const merged: Record<string, unknown> = { ...(before ?? { attributes: usualAttributes.saml }), ...fromFile, ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)) }
  if (merged['acs'] === undefined) throw new OperatorError(`the application ${entry.name} needs acsUrls or metadata: where its answers go`)
  const result = parseSamlSettings(merged)
  if (result.signedRequests && result.signingCertificates.length === 0) throw new OperatorError(`the application ${entry.name} needs signingCertificates or metadata, since only signed requests are accepted from it`)
  if (result.encryptAssertions && result.encryptionCertificate === null) throw new OperatorError(`the application ${entry.name} needs encryptionCertificate or metadata, since its assertions are encrypted`)
  return result
}

function wsfedOf(entry: ApplicationEntry, before: WsFedSettings | null): WsFedSettings {
  const { replyUrls, signOutUrl, nameIdFormat, nameIdExpression, tokenMinutes } = entry
  const wanted = Object.entries({ replyUrls, signOutUrl, nameIdFormat, nameIdExpression, attributes: rulesOf(entry), tokenMinutes }).filter(([, value]) => value !== undefined)
  const merged: Record<string, unknown> = { ...(before ?? { attributes: usualAttributes.wsfed }), ...Object.fromEntries(wanted) }
  if (merged['replyUrls'] === undefined) throw new OperatorError(`the application ${entry.name} needs replyUrls: where its answers go`)
  return parseWsFedSettings(merged)
}

function rulesOf({ attributes }: ApplicationEntry) {
  return attributes?.map(({ name, friendlyName, expression }) => ({ name, friendlyName: friendlyName ?? null, expression }))
}

function readCertificateOf(needs: ApplyNeeds, entry: ApplicationEntry, text: string): string {
  const read = readCertificate(text.startsWith('file:') ? readReference(needs, entry, text) : text)
  if (typeof read === 'object') return read.certificate
  const sentences = { syntax: 'is not a certificate as PEM or base64', private: 'contains a private key', weak: 'has a key with less than 2048 bits', kind: 'has a key that is neither RSA nor EC' } as const
  throw new OperatorError(`a certificate of ${entry.name} ${sentences[read]}`)
}

function readReference({ folder }: ApplyNeeds, { name }: ApplicationEntry, reference: string): string {
  const path = reference.slice('file:'.length)
  try {
    return readFileSync(resolve(folder, path), 'utf8')
  } catch (error) {
    throw new OperatorError(`${path}, which the application ${name} names, cannot be read: ${(error as Error).message}`)
  }
}
