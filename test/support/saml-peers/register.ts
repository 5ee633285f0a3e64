import { parseSamlSettings, usualAttributes, type Application, type SamlSettings } from '../../../src/applications/index.ts'
import { createMetadataReader } from '../../../src/protocols/saml/metadata-import/index.ts'
import { createXmlReader } from '../../../src/protocols/xml/index.ts'
import type { TestApp } from '../app.ts'
import type { RunningPeer } from './apache.ts'

/** What an administrator changes of what the metadata says. */
export type Adjust = (described: SamlSettings) => SamlSettings

/** Registers a peer as its own metadata describes it, through the reader that administrators use. */
export async function registerPeer(app: TestApp, peer: RunningPeer, adjust: Adjust = (described) => described): Promise<Application> {
  const { storage, applications, clock } = app.foundation
  const xml = createXmlReader()
  try {
    const { found, problems } = await createMetadataReader({ xml, clock }).readServiceProvider(await peer.metadata(), peer.entityId)
    if (!found) throw new Error(`the metadata of ${peer.name} cannot be read: ${JSON.stringify(problems)}`)
    const { acs, slo, signingCertificates, encryptionCertificate, signedRequests, nameIdFormat } = found
    const described = parseSamlSettings({ acs, slo, signingCertificates, encryptionCertificate, signedRequests, attributes: usualAttributes.saml, ...(nameIdFormat === null ? {} : { nameIdFormat }) })
    const id = await storage.write((tx) => applications.create(tx, app.organization.id, {
      name: `The ${peer.name} application`, description: '', protocol: 'saml', clientId: peer.entityId, launchUrl: `${peer.url}/secure/`, access: 'everyone', trusted: true, requiredAssurance: null, saml: adjust(described),
    }))
    const application = await applications.find(app.organization.id, id)
    if (!application) throw new Error('the application that was just made is not there')
    return application
  } finally {
    await xml.close()
  }
}
