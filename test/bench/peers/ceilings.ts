import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { SignedXml } from 'xml-crypto'
import { SecurityKey } from '../../support/security-key.ts'

export type Ceiling = 'webauthn' | 'es256' | 'sync' | 'xml'
export interface CeilingOrder { readonly ceiling: Ceiling; readonly seconds: number }

/**
 * What the machine and the libraries can do without anything around them, one at a time, on the servers' core:
 * judging a key's answer, signing with ES256, signing an assertion with xml-crypto, and getting 4 kB onto the disk of the folder given as argument.
 */
const folder = process.argv[2] ?? '.'
const origin = 'http://localhost'
const challenge = randomBytes(32).toString('base64url')
const key = new SecurityKey(origin)
key.userHandle = Buffer.from('someone').toString('base64url')
const credential = { id: key.id, publicKey: new Uint8Array(key.coseKey()), counter: 0 }
const response = JSON.parse(key.sign({ challenge, rpId: 'localhost' })) as Parameters<typeof verifyAuthenticationResponse>[0]['response']
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const block = randomBytes(4_096)
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
/** As long as what an application with the usual attributes is sent. */
const unsigned = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r" Version="2.0" IssueInstant="2026-11-25T09:30:00.000Z" Destination="https://wiki.example/acs" InResponseTo="_q"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">http://localhost/saml/metadata</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status><saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a" Version="2.0" IssueInstant="2026-11-25T09:30:00.000Z"><saml:Issuer>http://localhost/saml/metadata</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">yWc1eJ5hLpZ8uA3dF6iO0kRvXwByWc1eJ5hLpZ8uA3d</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_q" NotOnOrAfter="2026-11-25T09:35:00.000Z" Recipient="https://wiki.example/acs"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="2026-11-25T09:29:00.000Z" NotOnOrAfter="2026-11-25T09:35:00.000Z"><saml:AudienceRestriction><saml:Audience>https://wiki.example/metadata</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="2026-11-25T09:30:00.000Z" SessionIndex="_s"><saml:AuthnContext><saml:AuthnContextClassRef>https://refeds.org/profile/mfa</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${['mail', 'givenName', 'sn', 'displayName'].map((name) => `<saml:Attribute FriendlyName="${name}" Name="urn:oid:${name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue>Ada Holder</saml:AttributeValue></saml:Attribute>`).join('')}</saml:AttributeStatement></saml:Assertion></samlp:Response>`

const works: Readonly<Record<Ceiling, () => Promise<void> | void>> = {
  async webauthn() {
    const { verified } = await verifyAuthenticationResponse({ response, expectedChallenge: challenge, expectedOrigin: origin, expectedRPID: 'localhost', credential, requireUserVerification: true })
    if (!verified) throw new Error('the right answer of a key was refused')
  },
  es256() { createSign('sha256').update(block).sign({ key: privateKey, dsaEncoding: 'ieee-p1363' }) },
  xml() {
    const work = new SignedXml({ privateKey: rsaKey, signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', canonicalizationAlgorithm: exclusive })
    work.addReference({ xpath: '//*[local-name(.)="Assertion"]', digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256', transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', exclusive] })
    work.computeSignature(unsigned, { location: { reference: '//*[local-name(.)="Assertion"]/*[1]', action: 'after' } })
    if (work.getSignedXml().length < unsigned.length) throw new Error('nothing was signed')
  },
  sync() {
    writeSync(file, block, 0, block.length, 0)
    fdatasyncSync(file)
  },
}

const path = join(folder, 'sync-ceiling')
const file = openSync(path, 'w')
process.on('message', (order: CeilingOrder) => { void run(order) })
process.on('disconnect', () => { process.exit(0) })
process.on('exit', () => {
  closeSync(file)
  unlinkSync(path)
})
process.on('SIGTERM', () => { process.exit(0) })
process.send?.('ready')

async function run({ ceiling, seconds }: CeilingOrder): Promise<void> {
  const end = performance.now() + seconds * 1_000
  let operations = 0
  for (; performance.now() < end; operations++) await works[ceiling]()
  process.send?.({ operations })
}
