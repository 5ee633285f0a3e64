import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { KeyAlgorithm } from './key.ts'

export interface NewKey {
  readonly id: string
  readonly publicJwk: JWK
  readonly privateJwk: JWK
}

/** A new pair, made off the event loop. The thumbprint as id never names two keys, not even after a restore. */
export async function generateKey(algorithm: KeyAlgorithm): Promise<NewKey> {
  const pair = await generateKeyPair(algorithm, { modulusLength: 2_048, extractable: true })
  const [publicPart, privatePart] = await Promise.all([exportJWK(pair.publicKey), exportJWK(pair.privateKey)])
  const id = await calculateJwkThumbprint(publicPart)
  const names = { kid: id, alg: algorithm, use: 'sig' }
  return { id, publicJwk: { ...publicPart, ...names }, privateJwk: { ...privatePart, ...names } }
}
