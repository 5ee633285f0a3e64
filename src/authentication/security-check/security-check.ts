import { createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { equalInConstantTime } from '../../equal.ts'
import type { Clock } from '../../storage/index.ts'

/** What a page shows: a puzzle for the script, and a question for people without one. */
export interface SecurityCheckView {
  readonly token: string
  /** Leading zero bits that SHA-256 of `token:counter` must have. */
  readonly difficulty: number
  readonly left: number
  readonly right: number
}

export type SecurityCheckResult = 'passed' | 'failed' | 'expired'

export interface SecurityCheck {
  create(): SecurityCheckView
  /** Each token passes at most once. */
  judge(answer: { token: string; solution: string; sum: string }): Promise<SecurityCheckResult>
}

const lifetimeSeconds = 1_800
/** Nobody reads a form and answers a question faster. */
const fastestPersonMilliseconds = 800
const difficulty = 14

/**
 * Slows robots down without asking a third party: a page's script spends a fraction of a second on a proof of work; without
 * script a person adds two numbers. It is friction in front of the attempt limits, not a replacement for them (S20).
 */
export function createSecurityCheck(needs: { key: Buffer; clock: Clock; once: (name: string, lifetimeSeconds: number) => Promise<boolean> }): SecurityCheck {
  const key = createSecretKey(needs.key)
  const mac = (text: string): string => createHmac('sha256', key).update(text).digest('base64url')
  const numbers = (nonce: string): [number, number] => {
    const bytes = createHmac('sha256', key).update(`sum ${nonce}`).digest()
    return [2 + ((bytes[0] ?? 0) % 8), 2 + ((bytes[1] ?? 0) % 8)]
  }

  return {
    create() {
      const nonce = `${randomBytes(12).toString('base64url')}.${needs.clock.now()}`
      const [left, right] = numbers(nonce)
      return { token: `${nonce}.${mac(nonce)}`, difficulty, left, right }
    },
    async judge({ token, solution, sum }) {
      const [random = '', issued = '', signature = ''] = token.split('.')
      const nonce = `${random}.${issued}`
      if (!equalInConstantTime(signature, mac(nonce))) return 'failed'
      const age = needs.clock.now() - Number(issued)
      if (!(age >= 0) || age > lifetimeSeconds * 1_000) return 'expired'
      const [left, right] = numbers(nonce)
      const solved = /^\d{1,12}$/.test(solution)
        ? leadingZeroBits(createHash('sha256').update(`${token}:${solution}`).digest()) >= difficulty
        : spellings(left + right).includes(sum.normalize('NFKC').trim()) && age >= fastestPersonMilliseconds
      if (!solved) return 'failed'
      return (await needs.once(`security-check ${nonce}`, lifetimeSeconds)) ? 'passed' : 'expired'
    },
  }
}

/** A Persian or Arabic keyboard writes digits of its own. */
function spellings(sum: number): string[] {
  return ['latn', 'arabext', 'arab'].map((numberingSystem) => new Intl.NumberFormat('en', { numberingSystem }).format(sum))
}

export function leadingZeroBits(bytes: Uint8Array): number {
  let bits = 0
  for (const byte of bytes) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24
    bits += 8
  }
  return bits
}
