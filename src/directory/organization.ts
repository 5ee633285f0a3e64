import { z } from 'zod'
import type { OrganizationId } from '../storage/index.ts'

export type OrganizationKind = 'business' | 'personal'

/** What administrators decide for their people. */
export interface OrganizationSettings {
  readonly methods: {
    readonly emailCode: boolean
    readonly smsCode: boolean
    /** Whether someone who has a key may still sign in with a code. */
    readonly codesForKeyHolders: boolean
    readonly recoveryCodes: boolean
    /** For everybody; a group may have more than its organization (group-methods.ts). */
    readonly password: boolean
    readonly totp: boolean
    readonly accessPass: boolean
    readonly passwordEnrolsFirstKey: boolean
    /** A request that somebody approves on their phone, with the number that the computer shows. */
    readonly phone: boolean
    /** The same for a computer that does not know the person: the phone scans a code there. */
    readonly phoneCode: boolean
    /** Whether a phone must show that it is where the computer is: by scanning its code, or by the same network. */
    readonly phoneNear: boolean
  }
  /** Whether a key must ask for its PIN, finger or face: only then is it two factors. */
  readonly userVerification: 'required' | 'preferred'
  readonly session: { readonly idleMinutes: number; readonly absoluteHours: number }
  readonly invitationDays: number
}

export interface Organization {
  readonly id: OrganizationId
  readonly kind: OrganizationKind
  readonly name: string
  readonly slug: string
  /** 0 to 359, the colour of the organization; null wears the product's. */
  readonly hue: number | null
  readonly hasLogo: boolean
  readonly defaultLocale: string | null
  readonly plan: string
  readonly settings: OrganizationSettings
  readonly createdAt: number
  readonly updatedAt: number
}

/** Safe for a bank on the first day: keys for whoever has one, codes by mail only until then, no SMS. */
export const defaultSettings: OrganizationSettings = {
  methods: { emailCode: true, smsCode: false, codesForKeyHolders: false, recoveryCodes: true, password: false, totp: false, accessPass: false, passwordEnrolsFirstKey: false, phone: true, phoneCode: true, phoneNear: false },
  userVerification: 'required',
  session: { idleMinutes: 60, absoluteHours: 12 },
  invitationDays: 7,
}

const stored = z.object({
  methods: z.object({
    emailCode: z.boolean().default(defaultSettings.methods.emailCode),
    smsCode: z.boolean().default(defaultSettings.methods.smsCode),
    codesForKeyHolders: z.boolean().default(defaultSettings.methods.codesForKeyHolders),
    recoveryCodes: z.boolean().default(defaultSettings.methods.recoveryCodes),
    password: z.boolean().default(defaultSettings.methods.password),
    totp: z.boolean().default(defaultSettings.methods.totp),
    accessPass: z.boolean().default(defaultSettings.methods.accessPass),
    passwordEnrolsFirstKey: z.boolean().default(defaultSettings.methods.passwordEnrolsFirstKey),
    phone: z.boolean().default(defaultSettings.methods.phone),
    phoneCode: z.boolean().default(defaultSettings.methods.phoneCode),
    phoneNear: z.boolean().default(defaultSettings.methods.phoneNear),
  }).prefault({}),
  userVerification: z.enum(['required', 'preferred']).default(defaultSettings.userVerification),
  session: z.object({
    idleMinutes: z.number().int().min(5).max(10_080).default(defaultSettings.session.idleMinutes),
    absoluteHours: z.number().int().min(1).max(720).default(defaultSettings.session.absoluteHours),
  }).prefault({}),
  invitationDays: z.number().int().min(1).max(60).default(defaultSettings.invitationDays),
})

/** Settings as stored, with today's defaults for what is not there. */
export function parseSettings(value: unknown): OrganizationSettings {
  return stored.parse(value)
}

/** The short name in URLs and files: lower case, digits and dashes. */
export function slugOf(name: string): string {
  const slug = name.normalize('NFKD').toLowerCase().replaceAll(/[\u0300-\u036f]/g, '').replaceAll(/[^a-z0-9]+/g, '-').replace(/^-/, '').slice(0, 60).replace(/-$/, '')
  return slug === '' ? 'organization' : slug
}
