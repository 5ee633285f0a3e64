import { describe, expect, it } from 'vitest'
import { defaultSettings, type OrganizationSettings } from '../../../../src/directory/index.ts'
import { changesWays, checkSignInValues, effectsOf, readSignInValues, toFields, valuesOf } from '../../../../src/panels/admin/sign-in-settings.ts'

const nobody = { lockedOut: 0, keyHolders: 0, recoveryHolders: 0 }
const many = { lockedOut: 37, keyHolders: 16, recoveryHolders: 5 }
const withMethods = (methods: Partial<OrganizationSettings['methods']>): OrganizationSettings => ({ ...defaultSettings, methods: { ...defaultSettings.methods, ...methods } })
const effects = (after: OrganizationSettings, reach = many, before = defaultSettings) => effectsOf(before, after, reach).map(({ key, count }) => `${key.replace('admin.settings.effect.', '')} ${count}`)

describe('settings for signing in', () => {
  it('survive the way through a form and through an address', () => {
    const settings: OrganizationSettings = { methods: { emailCode: false, smsCode: true, codesForKeyHolders: true, recoveryCodes: false, password: true, totp: true, accessPass: true, passwordEnrolsFirstKey: true, phone: false, phoneCode: false, phoneNear: true }, userVerification: 'preferred', session: { idleMinutes: 5, absoluteHours: 720 }, invitationDays: 60 }
    const fields = new URLSearchParams(toFields(valuesOf(settings)))
    expect(checkSignInValues(readSignInValues((name) => fields.get(name) ?? '', defaultSettings, true))).toEqual({ settings })
  })

  it('SEC-58 SMS stays as it is where there is no gateway', () => {
    expect(readSignInValues((name) => (name === 'sms_code' ? 'yes' : ''), defaultSettings, false).smsCode).toBe(false)
    expect(readSignInValues(() => '', withMethods({ smsCode: true }), false).smsCode).toBe(true)
    expect(readSignInValues((name) => (name === 'sms_code' ? 'yes' : ''), defaultSettings, true).smsCode).toBe(true)
  })

  it('know which changes ask for a second look', () => {
    expect(changesWays(defaultSettings, defaultSettings)).toBe(false)
    expect(changesWays(defaultSettings, { ...defaultSettings, invitationDays: 1, session: { idleMinutes: 5, absoluteHours: 1 } })).toBe(false)
    expect(changesWays(defaultSettings, { ...defaultSettings, userVerification: 'preferred' })).toBe(true)
    for (const name of ['emailCode', 'smsCode', 'codesForKeyHolders', 'recoveryCodes', 'password', 'totp', 'accessPass', 'passwordEnrolsFirstKey', 'phone', 'phoneCode', 'phoneNear'] as const) expect(changesWays(defaultSettings, withMethods({ [name]: !defaultSettings.methods[name] }))).toBe(true)
  })

  it('tell whom a change concerns, the gravest first, and nothing about nobody', () => {
    expect(effects(withMethods({ emailCode: false, recoveryCodes: false }))).toEqual(['locked_out 37', 'recovery_off 5'])
    expect(effects(withMethods({ emailCode: false, recoveryCodes: false }), nobody)).toEqual([])
    expect(effects(withMethods({ codesForKeyHolders: true }), { ...many, lockedOut: 0 })).toEqual(['codes_weaken 16'])
    expect(effects(defaultSettings, { ...many, lockedOut: 0 }, withMethods({ codesForKeyHolders: true }))).toEqual(['key_only 16'])
    expect(effects(withMethods({ smsCode: true }), nobody)).toEqual(['sms_on 0'])
    expect(effects({ ...defaultSettings, userVerification: 'preferred' }, nobody)).toEqual([])
    expect(effects({ ...defaultSettings, userVerification: 'preferred' }, { ...many, lockedOut: 0 })).toEqual(['verification_off 16'])
    expect(effects(defaultSettings, { ...many, lockedOut: 0 }, { ...defaultSettings, userVerification: 'preferred' })).toEqual(['verification_on 16'])
  })
})
