import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [xmlsec, xmllint, schemas, signatures] = ['/usr/bin/xmlsec1', '/usr/bin/xmllint', '/usr/share/xml/opensaml', '/usr/share/xml/xmltooling']

/** Why signatures are not judged by libxmlsec here, or undefined when they can be. */
export const xmlsecMissing = (): string | undefined => (existsSync(xmlsec) ? undefined : 'xmlsec1 is not installed here')

/** Why messages are not judged by the standards' schemas here, or undefined when they can be. */
export const schemasMissing = (): string | undefined => ([xmllint, schemas, signatures].every((path) => existsSync(path)) ? undefined : 'xmllint with the schemas of SAML is not installed here')

/**
 * What libxmlsec says of one signature: the digest of what it refers to, and the signature under this certificate alone.
 * @param message the document as text; nothing is read into it
 * @param signed the local name of the element whose own child the signature is, and its attribute of type ID
 * @param certificate base64 DER
 */
export function verdictOf(message: string, signed: { readonly name: string; readonly namespace: string; readonly id: 'ID' | 'AssertionID' }, certificate: string): 'valid' | 'invalid' {
  return inFolder((folder) => {
    const [document, key] = [join(folder, 'message.xml'), join(folder, 'certificate.pem')]
    writeFileSync(document, message)
    writeFileSync(key, `-----BEGIN CERTIFICATE-----\n${certificate.replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`)
    const { status, stderr } = spawnSync(xmlsec, [
      // Only the key that we name counts, whatever the message brings along.
      '--verify', '--enabled-key-data', 'rsa', '--pubkey-cert-pem', key, '--enabled-reference-uris', 'empty,same-doc', `--id-attr:${signed.id}`, `${signed.namespace}:${signed.name}`,
      '--node-xpath', `//*[local-name()='${signed.name}']/*[local-name()='Signature']`, document,
    ], { encoding: 'utf8' })
    if (status === 0 && /^OK$/m.test(stderr)) return 'valid'
    if (/^FAIL$/m.test(stderr)) return 'invalid'
    throw new Error(`xmlsec1 broke off: ${stderr}`)
  })
}

// The schemas import each other by addresses on the web; these are Debian's copies of them.
const elsewhere = {
  'http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd': `${signatures}/xmldsig-core-schema.xsd`,
  'http://www.w3.org/TR/xmldsig-core/xmldsig-core-schema.xsd': `${signatures}/xmldsig-core-schema.xsd`,
  'http://www.w3.org/TR/2002/REC-xmlenc-core-20021210/xenc-schema.xsd': `${signatures}/xenc-schema.xsd`,
  'http://www.w3.org/2001/xml.xsd': `${signatures}/xml.xsd`,
}

export type SchemaName = 'saml-schema-protocol-2.0' | 'saml-schema-assertion-2.0' | 'saml-schema-metadata-2.0' | 'cs-sstc-schema-assertion-1.1'

/** @returns what the schema has against the message; empty when nothing. Nothing is fetched from anywhere. */
export function schemaComplaints(message: string, schema: SchemaName): string[] {
  return inFolder((folder) => {
    const [document, catalog] = [join(folder, 'message.xml'), join(folder, 'catalog.xml')]
    writeFileSync(document, message)
    writeFileSync(catalog, `<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">${Object.entries(elsewhere).map(([from, to]) => `<system systemId="${from}" uri="file://${to}"/><uri name="${from}" uri="file://${to}"/>`).join('')}</catalog>`)
    const { status, stderr } = spawnSync(xmllint, ['--nonet', '--noout', '--schema', join(schemas, `${schema}.xsd`), document], { encoding: 'utf8', env: { XML_CATALOG_FILES: catalog } })
    if (status !== 0 && status !== 3) throw new Error(`xmllint broke off (${status}): ${stderr}`)
    return status === 0 ? [] : stderr.split('\n').filter((line) => line.includes('error'))
  })
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-xml-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
