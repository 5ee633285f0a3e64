import type { webcrypto } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { agree, type PairingFacts } from '../browser/pairing/agreement.ts'
import { base64url, fromBase64url } from '../browser/pairing/bytes.ts'
import type { Paired } from '../browser/pairing/pairing.ts'
import type { KeyPair } from '../browser/pairing/party.ts'
import type { PairedPhone } from '../browser/pairing/wire.ts'
import { forgetKnown, knownPath } from './known.ts'

/**
 * What is kept between starts. Node keeps no key that cannot be read out, so private keys lie here as JWK, for this account's eyes only (0600):
 * whoever reads this file can ask the phone as this computer does, and the person there still has to approve.
 * There is no root in it: it is made again from these keys, the secret of the picture and what both sides agreed on.
 */
interface State {
  readonly version: 1
  readonly server: string
  readonly agreement: webcrypto.JsonWebKey
  readonly signing: webcrypto.JsonWebKey
  readonly secret: string
  readonly facts: PairingFacts
  readonly phone: PairedPhone
}

/** Keys that can be kept here. */
export async function makeKeptKeys(): Promise<{ readonly agreement: KeyPair; readonly signing: KeyPair }> {
  return {
    agreement: await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']),
    signing: await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']),
  }
}

/** Whole or not at all. */
export async function saveState(path: string, paired: Paired): Promise<void> {
  const state: State = {
    version: 1, server: paired.server, agreement: await crypto.subtle.exportKey('jwk', paired.agreement), signing: await crypto.subtle.exportKey('jwk', paired.signing),
    secret: base64url(paired.secret), facts: paired.facts, phone: paired.phone,
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const fresh = `${path}.${process.pid}`
  await writeFile(fresh, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  await rename(fresh, path)
}

/** @returns undefined when nothing is paired @throws when the file is there and cannot be understood */
export async function loadState(path: string): Promise<Paired | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return await pairedOf(JSON.parse(text) as State)
  } catch (cause) {
    throw new Error(`${path} is not what doorward-agent has written. Remove it and pair anew.`, { cause })
  }
}

export async function forgetState(path: string): Promise<void> {
  await rm(path, { force: true })
  await forgetKnown(knownPath(path))
}

async function pairedOf(state: State): Promise<Paired> {
  if (state.version !== 1) throw new Error('of another version')
  const { server, facts, phone } = state
  const own = await crypto.subtle.importKey('jwk', state.agreement, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])
  const signing = await crypto.subtle.importKey('jwk', state.signing, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const secret = fromBase64url(state.secret)
  const { root } = await agree({ secret, own, theirs: facts.phoneAgreementKey, facts })
  return { server, computerId: facts.computerId, agreement: own, agreementKey: facts.computerAgreementKey, signing, signingKey: facts.computerSigningKey, secret, root, facts, phone }
}
