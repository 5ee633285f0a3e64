import { groupMethods, type GroupMethod, type GroupMethodFlags, type OrganizationSettings, type Reach } from '../../directory/index.ts'

/** The form as typed. */
export interface SignInValues {
  readonly emailCode: boolean
  readonly smsCode: boolean
  readonly codesForKeyHolders: boolean
  readonly recoveryCodes: boolean
  readonly password: boolean
  readonly totp: boolean
  readonly accessPass: boolean
  readonly passwordEnrolsFirstKey: boolean
  readonly phone: boolean
  readonly phoneCode: boolean
  readonly phoneNear: boolean
  readonly userVerification: OrganizationSettings['userVerification']
  readonly idleMinutes: string
  readonly absoluteHours: string
  readonly invitationDays: string
}

export interface SignInErrors { readonly idle_minutes: string | null; readonly absolute_hours: string | null; readonly invitation_days: string | null }

export function valuesOf({ methods, userVerification, session, invitationDays }: OrganizationSettings): SignInValues {
  return { ...methods, userVerification, idleMinutes: String(session.idleMinutes), absoluteHours: String(session.absoluteHours), invitationDays: String(invitationDays) }
}

/** The fields of the ways that an organization, or only a group of it, may switch on. */
export const methodFields: Readonly<Record<GroupMethod, string>> = { password: 'password', totp: 'totp', accessPass: 'access_pass', passwordEnrolsFirstKey: 'password_enrols_first_key' }

export function readGroupMethods(field: (name: string) => string): GroupMethodFlags {
  return Object.fromEntries(groupMethods.map((method) => [method, field(methodFields[method]) !== ''])) as Record<GroupMethod, boolean>
}

/** From a form or, for the page that asks again, from an address. */
export function readSignInValues(field: (name: string) => string, before: OrganizationSettings, smsConfigured: boolean): SignInValues {
  return {
    emailCode: field('email_code') !== '', smsCode: smsConfigured ? field('sms_code') !== '' : before.methods.smsCode, codesForKeyHolders: field('codes_for_key_holders') !== '',
    recoveryCodes: field('recovery_codes') !== '', ...readGroupMethods(field), phone: field('phone') !== '', phoneCode: field('phone_code') !== '', phoneNear: field('phone_near') !== '',
    userVerification: field('user_verification') === 'preferred' ? 'preferred' : 'required',
    idleMinutes: field('idle_minutes'), absoluteHours: field('absolute_hours'), invitationDays: field('invitation_days'),
  }
}

export function toFields(values: SignInValues): Readonly<Record<string, string>> {
  const flag = (name: string, on: boolean): Record<string, string> => (on ? { [name]: 'yes' } : {})
  return {
    ...flag('email_code', values.emailCode), ...flag('sms_code', values.smsCode), ...flag('codes_for_key_holders', values.codesForKeyHolders), ...flag('recovery_codes', values.recoveryCodes),
    ...Object.fromEntries(groupMethods.filter((method) => values[method]).map((method) => [methodFields[method], 'yes'])), ...flag('phone', values.phone), ...flag('phone_code', values.phoneCode), ...flag('phone_near', values.phoneNear),
    user_verification: values.userVerification, idle_minutes: values.idleMinutes, absolute_hours: values.absoluteHours, invitation_days: values.invitationDays,
  }
}

export function checkSignInValues(values: SignInValues): { readonly settings: OrganizationSettings } | { readonly errors: SignInErrors } {
  const errors: SignInErrors = {
    idle_minutes: isWhole(values.idleMinutes, 5, 10_080) ? null : 'admin.settings.error.idle_minutes', absolute_hours: isWhole(values.absoluteHours, 1, 720) ? null : 'admin.settings.error.absolute_hours',
    invitation_days: isWhole(values.invitationDays, 1, 60) ? null : 'admin.settings.error.invitation_days',
  }
  if (errors.idle_minutes === null && errors.absolute_hours === null && Number(values.idleMinutes) > Number(values.absoluteHours) * 60) return { errors: { ...errors, idle_minutes: 'admin.settings.error.idle_longer' } }
  if (Object.values(errors).some((error) => error !== null)) return { errors }
  const { emailCode, smsCode, codesForKeyHolders, recoveryCodes, password, totp, accessPass, passwordEnrolsFirstKey, phone, phoneCode, phoneNear, userVerification } = values
  return {
    settings: {
      methods: { emailCode, smsCode, codesForKeyHolders, recoveryCodes, password, totp, accessPass, passwordEnrolsFirstKey, phone, phoneCode, phoneNear }, userVerification, invitationDays: Number(values.invitationDays),
      session: { idleMinutes: Number(values.idleMinutes), absoluteHours: Number(values.absoluteHours) },
    },
  }
}

/** One line for the audit log and the page that asks again. */
export function flatten({ methods, userVerification, session, invitationDays }: OrganizationSettings): Readonly<Record<string, string | number | boolean>> {
  return { ...methods, userVerification, ...session, invitationDays }
}

/** How people sign in is changed, not only for how long: asks for a fresh proof and a second look. */
export function changesWays(before: OrganizationSettings, after: OrganizationSettings): boolean {
  const ways = ({ methods, userVerification }: OrganizationSettings): string => JSON.stringify([methods.emailCode, methods.smsCode, methods.codesForKeyHolders, methods.recoveryCodes, methods.phone, methods.phoneCode, methods.phoneNear, ...groupMethods.map((method) => methods[method]), userVerification])
  return ways(before) !== ways(after)
}

export interface Effect { readonly key: string; readonly count: number; readonly grave: boolean }

/** What the change means for people, the gravest first. */
export function effectsOf(before: OrganizationSettings, after: OrganizationSettings, reach: Reach): Effect[] {
  const turned = (name: keyof OrganizationSettings['methods'], on: boolean): boolean => before.methods[name] !== after.methods[name] && after.methods[name] === on
  const effects: (Effect & { readonly holds: boolean })[] = [
    { key: 'locked_out', count: reach.lockedOut, grave: true, holds: reach.lockedOut > 0 },
    { key: 'sms_on', count: 0, grave: true, holds: turned('smsCode', true) },
    { key: 'password_on', count: 0, grave: true, holds: turned('password', true) },
    { key: 'password_key_on', count: 0, grave: true, holds: turned('passwordEnrolsFirstKey', true) },
    { key: 'phone_far', count: 0, grave: true, holds: turned('phoneNear', false) },
    { key: 'phone_code_on', count: 0, grave: true, holds: turned('phoneCode', true) },
    { key: 'phone_off', count: 0, grave: false, holds: turned('phone', false) },
    { key: 'access_pass_on', count: 0, grave: false, holds: turned('accessPass', true) },
    { key: 'codes_weaken', count: reach.keyHolders, grave: true, holds: turned('codesForKeyHolders', true) && reach.keyHolders > 0 },
    { key: 'verification_off', count: reach.keyHolders, grave: true, holds: before.userVerification === 'required' && after.userVerification === 'preferred' && reach.keyHolders > 0 },
    { key: 'key_only', count: reach.keyHolders, grave: false, holds: turned('codesForKeyHolders', false) && reach.keyHolders > 0 },
    { key: 'recovery_off', count: reach.recoveryHolders, grave: false, holds: turned('recoveryCodes', false) && reach.recoveryHolders > 0 },
    { key: 'verification_on', count: reach.keyHolders, grave: false, holds: before.userVerification === 'preferred' && after.userVerification === 'required' && reach.keyHolders > 0 },
  ]
  return effects.filter(({ holds }) => holds).map(({ holds: _holds, key, ...effect }) => ({ key: `admin.settings.effect.${key}`, ...effect }))
}

function isWhole(text: string, min: number, max: number): boolean {
  return /^\d{1,6}$/.test(text) && Number(text) >= min && Number(text) <= max
}
