import { createHash, createSign, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'

export interface KeyFlags { readonly userPresent?: boolean; readonly userVerified?: boolean; readonly backupEligible?: boolean; readonly backedUp?: boolean }

/** What a mischievous client may change in an otherwise right answer. */
export interface Tampering extends KeyFlags {
  readonly type?: string
  readonly challenge?: string
  readonly origin?: string
  readonly crossOrigin?: boolean
  readonly topOrigin?: string
  readonly rpId?: string
  readonly counter?: number
  readonly userHandle?: string | null
  readonly id?: string
  readonly breakSignature?: boolean
  /** Its own signature over the registration (WebAuthn L3 §8.2, self attestation). */
  readonly format?: 'none' | 'packed'
  /** With dashes. */
  readonly aaguid?: string
}

interface CreationOptions { challenge: string; rp: { id?: string }; user: { id: string }; excludeCredentials?: readonly { id: string }[] }
interface RequestOptions { challenge: string; rpId?: string; allowCredentials?: readonly { id: string }[] }

/**
 * A FIDO key in software: one discoverable P-256 credential for one site, attestation "none" (WebAuthn L3 §6, §8.7).
 * It follows its orders to the letter, so that tests can disobey in one point at a time.
 */
export class SecurityKey {
  readonly id = randomBytes(16).toString('base64url')
  readonly #keys: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly origin: string
  readonly flags: KeyFlags
  counter = 0
  userHandle = ''

  constructor(origin: string, flags: KeyFlags = {}) {
    this.origin = origin
    this.flags = { userPresent: true, userVerified: true, backupEligible: false, backedUp: false, ...flags }
  }

  /** navigator.credentials.create(), as the browser would post it. */
  register(options: unknown, change: Tampering = {}): string {
    const { challenge, rp, user } = options as CreationOptions
    this.userHandle = user.id
    const authData = Buffer.concat([
      this.#authenticatorData(rp.id ?? new URL(this.origin).hostname, { ...this.flags, ...change }, change, true), aaguidOf(change.aaguid), lengthOf(this.id), Buffer.from(this.id, 'base64url'), this.coseKey(),
    ])
    const clientDataJSON = this.#clientData('webauthn.create', challenge, change)
    const statement = change.format === 'packed' ? this.#selfAttestation(authData, clientDataJSON, change) : Buffer.from([0xa0])
    const attestationObject = Buffer.concat([Buffer.from([0xa3]), text('fmt'), text(change.format ?? 'none'), text('attStmt'), statement, text('authData'), bytes(authData)])
    return JSON.stringify({
      id: change.id ?? this.id, rawId: change.id ?? this.id, type: 'public-key', clientExtensionResults: { credProps: { rk: true } },
      response: { clientDataJSON, attestationObject: attestationObject.toString('base64url'), transports: ['usb'] },
    })
  }

  /** navigator.credentials.get(), as the browser would post it. */
  sign(options: unknown, change: Tampering = {}): string {
    const { challenge, rpId } = options as RequestOptions
    this.counter++
    const clientDataJSON = this.#clientData('webauthn.get', challenge, change)
    const authenticatorData = this.#authenticatorData(rpId ?? new URL(this.origin).hostname, { ...this.flags, ...change }, change, false)
    const signature = createSign('sha256').update(authenticatorData).update(sha256(Buffer.from(clientDataJSON, 'base64url'))).sign(this.#keys.privateKey)
    if (change.breakSignature) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1
    const userHandle = change.userHandle === undefined ? this.userHandle : change.userHandle
    return JSON.stringify({
      id: change.id ?? this.id, rawId: change.id ?? this.id, type: 'public-key', clientExtensionResults: {},
      response: { clientDataJSON, authenticatorData: authenticatorData.toString('base64url'), signature: signature.toString('base64url'), ...(userHandle === null ? {} : { userHandle }) },
    })
  }

  /** PKCS #8, DER: for a browser that is to hold the same key. */
  privateKey(): Buffer {
    return this.#keys.privateKey.export({ type: 'pkcs8', format: 'der' })
  }

  /** COSE_Key of ES256 (RFC 9053 §2.1). */
  coseKey(): Buffer {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' })
    return Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]), bytes(Buffer.from(x, 'base64url')), Buffer.from([0x22]), bytes(Buffer.from(y, 'base64url')),
    ])
  }

  #selfAttestation(authData: Buffer, clientDataJSON: string, change: Tampering): Buffer {
    const signature = createSign('sha256').update(authData).update(sha256(Buffer.from(clientDataJSON, 'base64url'))).sign(this.#keys.privateKey)
    if (change.breakSignature) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1
    return Buffer.concat([Buffer.from([0xa2]), text('alg'), Buffer.from([0x26]), text('sig'), bytes(signature)])
  }

  #clientData(type: string, challenge: string, change: Tampering): string {
    return Buffer.from(JSON.stringify({
      type: change.type ?? type, challenge: change.challenge ?? challenge, origin: change.origin ?? this.origin, crossOrigin: change.crossOrigin ?? false,
      ...(change.topOrigin === undefined ? {} : { topOrigin: change.topOrigin }),
    })).toString('base64url')
  }

  #authenticatorData(rpId: string, flags: KeyFlags, change: Tampering, attested: boolean): Buffer {
    const bits = (flags.userPresent ? 1 : 0) | (flags.userVerified ? 4 : 0) | (flags.backupEligible ? 8 : 0) | (flags.backedUp ? 16 : 0) | (attested ? 64 : 0)
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(change.counter ?? this.counter)
    return Buffer.concat([sha256(Buffer.from(change.rpId ?? rpId)), Buffer.from([bits]), counter])
  }
}

const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest()

const aaguidOf = (aaguid: string | undefined): Buffer => (aaguid === undefined ? Buffer.alloc(16) : Buffer.from(aaguid.replaceAll('-', ''), 'hex'))

function lengthOf(id: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.from(id, 'base64url').length)
  return length
}

// CBOR: texts below 24 bytes, byte strings below 64 KiB.
const text = (value: string): Buffer => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)])
const bytes = (value: Buffer): Buffer => Buffer.concat([value.length < 256 ? Buffer.from([0x58, value.length]) : Buffer.from([0x59, value.length >> 8, value.length & 255]), value])
