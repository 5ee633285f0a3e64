import { foldText } from '../../../directory/index.ts'
import type { Proof } from '../../proof.ts'
import { commonWords } from './common-words.ts'

/** NIST SP 800-63B-4 §3.1.1.2 for a password that may stand alone; no rules about kinds of characters (SEC-52). */
export const shortest = 15
export const longest = 256
const longestBytes = 1_024

export type Weakness = 'short' | 'long' | 'common' | 'personal'

/**
 * The one spelling that is hashed: NFKC, so that every keyboard gives the same bytes, and nothing else changed.
 * Undefined for what no keeper is asked about: an empty one, which some directories take for "nobody asks" and let in, and one
 * so large that it is not a password (SEC-53, SEC-64).
 */
export function readPassword(typed: string): string | undefined {
  return typed !== '' && Buffer.byteLength(typed) <= longestBytes ? typed.normalize('NFKC') : undefined
}

/** @param personal names, address and organization of the person: what somebody who knows them tries first */
export function weaknessOf(typed: string, personal: readonly string[]): Weakness | undefined {
  const password = typed.normalize('NFKC')
  const length = [...password].length
  if (length < shortest) return 'short'
  if (length > longest || Buffer.byteLength(typed) > longestBytes) return 'long'
  const letters = squeeze(password)
  if (new Set(letters).size < 6 || isRun(letters)) return 'common'
  // What remains of it beside the words that everybody tries must still be something to guess.
  const own = without(letters, personal.flatMap((text) => foldText(text).split(/[^\p{L}\p{N}]+/u)).filter((word) => word.length >= 3))
  if (letters !== own && remainder(own) < 8) return 'personal'
  return remainder(without(own, commonWords)) < 6 ? 'common' : undefined
}

/** What a session calls a password, of which a person has one: it ends with it. */
export const passwordCredential = 'password'

/** Knowledge, and nothing that a look-alike site could not pass on. */
export function passwordProof(at: number, onlyFor?: 'first_key'): Proof {
  return { method: 'password', at, credentialId: passwordCredential, factors: ['knowledge'], amr: ['pwd'], phishingResistant: false, deviceBound: false, ...(onlyFor ? { onlyFor } : {}) }
}

/** Case, accents, blanks and signs do not make a common password a rare one. */
function squeeze(password: string): string {
  return foldText(password).replaceAll(/[^\p{L}\p{N}]/gu, '')
}

function without(text: string, words: readonly string[]): string {
  return words.toSorted((a, b) => b.length - a.length).reduce((rest, word) => rest.replaceAll(word, ''), text)
}

/** Letters count, a year or "123" at the end does not. */
function remainder(text: string): number {
  return [...text.replaceAll(/\d{1,4}$|^\d{1,4}/g, '')].length
}

/** abcdef…, 98765…, aaaa…: mostly steps of one or none. */
function isRun(text: string): boolean {
  const points = [...text].map((character) => character.codePointAt(0) ?? 0)
  const steps = points.slice(1).filter((point, index) => Math.abs(point - (points[index] ?? 0)) <= 1).length
  return steps >= points.length * 0.6
}
