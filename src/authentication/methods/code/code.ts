import { randomInt } from 'node:crypto'
import { domainToUnicode } from 'node:url'
import type { OrganizationId, UserId } from '../../../storage/index.ts'
import type { Proof } from '../../proof.ts'

export type Channel = 'mail' | 'sms'

/** What a code is for; a code of one purpose never serves another. */
export type CodePurpose = 'signin' | 'signup' | 'email-change' | 'phone-change'

export const codeLifetimeSeconds = 600
/** How long a person waits before the same page sends another code. */
export const resendSeconds = 30

export interface IssuedCode {
  readonly id: string
  readonly expiresAt: number
  readonly resendAt: number
}

/** A code that has been given and fits. */
export interface AcceptedCode {
  readonly userId: UserId | null
  readonly organizationId: OrganizationId | null
  readonly channel: Channel
  readonly destination: string
}

export type CodeCheck =
  | { readonly outcome: 'verified'; readonly code: AcceptedCode }
  | { readonly outcome: 'rejected'; readonly reason: 'wrong'; readonly triesLeft: number }
  | { readonly outcome: 'rejected'; readonly reason: 'expired' | 'locked' }

/** Six digits, evenly spread, from the system's secure source. */
export function newCode(): string {
  return String(randomInt(1_000_000)).padStart(6, '0')
}

/** Accepts what people type: blanks and dashes, and the digits of any script (a Persian keyboard gives ۱۲۳). */
export function readCode(typed: string): string | undefined {
  const digits = [...typed.normalize('NFKC')]
    .filter((character) => !/[\s\u200e\u200f-]/.test(character))
    .map((character) => {
      const point = character.codePointAt(0) ?? 0
      if (point >= 0x0660 && point <= 0x0669) return String(point - 0x0660)
      if (point >= 0x06f0 && point <= 0x06f9) return String(point - 0x06f0)
      return character
    })
    .join('')
  return /^\d{6}$/.test(digits) ? digits : undefined
}

/** `a•••@n•••.com`: enough to recognise, too little to learn. */
export function maskEmail(email: string): string {
  const [local = '', ascii = ''] = email.split('@')
  // As its owner writes it: everybody's xn--… begins alike.
  const domain = domainToUnicode(ascii)
  const labels = domain.split('.')
  const last = labels.length > 1 ? `.${labels.at(-1) ?? ''}` : ''
  return `${[...local][0] ?? ''}•••@${[...domain][0] ?? ''}•••${last}`
}

/** `+49 ••• 42` */
export function maskPhone(phone: string): string {
  return `${phone.slice(0, 3)} ••• ${phone.slice(-2)}`
}

/** One factor, interceptable and relayable: it never counts towards multi-factor (SEC-59, NIST SP 800-63B §3.1.3). */
export function codeProof(channel: Channel, at: number): Proof {
  return { method: 'code', at, credentialId: channel, factors: ['possession'], amr: channel === 'sms' ? ['otp', 'sms'] : ['otp'], phishingResistant: false, deviceBound: false }
}
