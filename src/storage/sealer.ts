import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto'

/** Where a sealed value lives. It is bound to the place: a ciphertext copied to another row does not open (SEC-74). */
export interface Place {
  readonly table: string
  readonly column: string
  readonly row: string
}

export interface Sealer {
  seal(plain: string, place: Place): string
  /** @throws Error when the value was sealed under another key, for another place, or was changed. */
  open(sealed: string, place: Place): string
  /** HMAC-SHA-256 under a key of its own for each purpose: for short secrets such as six-digit codes. */
  keyedHash(purpose: string, text: string): string
  /** A 256-bit key for one purpose, the same on every node: cookie signatures, form tokens, checkpoints. */
  deriveKey(purpose: string): Buffer
  /** Names the key without revealing it; stored with the data so that a wrong key file is noticed at start. */
  readonly keyId: string
}

const version = 'v1'

/**
 * Envelope encryption with AES-256-GCM: each value has a data key of its own, wrapped by the installation's secret key,
 * which is kept outside the database. Changing that key re-wraps 60 bytes a value instead of re-encrypting the values.
 */
export function createSealer(secretKey: Buffer): Sealer {
  if (secretKey.length !== 32) throw new RangeError('the secret key must be 32 bytes')
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secretKey, 'doorward', purpose, 32))
  const wrapping = derive('seal')
  const keyId = derive('key id').toString('base64url').slice(0, 8)
  const hashKeys = new Map<string, KeyObject>()

  return {
    keyId,
    seal(plain, place) {
      const context = contextOf(place)
      const dataKey = randomBytes(32)
      return [version, keyId, encrypt(wrapping, dataKey, context), encrypt(dataKey, Buffer.from(plain), context)].join('.')
    },
    open(sealed, place) {
      const [kind, id, wrapped, body, ...rest] = sealed.split('.')
      if (kind !== version || !wrapped || !body || rest.length > 0) throw new Error(`${place.table}.${place.column} holds no sealed value`)
      if (id !== keyId) throw new Error(`${place.table}.${place.column} was sealed with key ${id}, but the key file holds ${keyId}`)
      const context = contextOf(place)
      return decrypt(decrypt(wrapping, wrapped, context).key, body, context).text()
    },
    keyedHash(purpose, text) {
      let key = hashKeys.get(purpose)
      if (!key) hashKeys.set(purpose, (key = createSecretKey(derive(`hash ${purpose}`))))
      return createHmac('sha256', key).update(text).digest('base64url')
    },
    deriveKey: (purpose) => derive(`key ${purpose}`),
  }
}

function contextOf({ table, column, row }: Place): Buffer {
  return Buffer.from(JSON.stringify([version, table, column, row]))
}

function encrypt(key: Buffer, plain: Buffer, context: Buffer): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(context)
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')
}

function decrypt(key: Buffer, sealed: string, context: Buffer): { key: Buffer; text(): string } {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 }).setAAD(context)
  decipher.setAuthTag(bytes.subarray(-16))
  const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
  return { key: plain, text: () => plain.toString('utf8') }
}
