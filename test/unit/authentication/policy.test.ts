import { describe, expect, it } from 'vitest'
import { assurances, type Assurance } from '../../../src/authentication/index.ts'
import { codeRefusal, requiredAssurance, useOf, type CodeRefusal, type MethodSettings, type PolicyUser, type WayRefusal } from '../../../src/authentication/policy/policy.ts'

const grace: PolicyUser = { status: 'active', role: 'user', emailVerified: true, phoneVerified: true, passkeys: 0, authenticators: 0 }
const open: MethodSettings = { emailCode: true, smsCode: true, codesForKeyHolders: false, recoveryCodes: true, password: false, totp: false, accessPass: false, passwordEnrolsFirstKey: false, phone: true, phoneCode: true, phoneNear: false }

describe('whether a code may sign someone in', () => {
  it.each<[string, PolicyUser | undefined, Partial<MethodSettings>, CodeRefusal | undefined, CodeRefusal | undefined]>([
    ['someone without a key', grace, {}, undefined, undefined], ['someone without a verified phone', { ...grace, phoneVerified: false }, {}, undefined, 'phone_not_verified'],
    ['someone whose address is not proven', { ...grace, emailVerified: false }, {}, 'email_not_verified', undefined],
    ['nobody we know', undefined, {}, 'unknown_user', 'unknown_user'], ['someone new', { ...grace, status: 'new' }, {}, 'not_active', 'not_active'], ['someone pending', { ...grace, status: 'pending' }, {}, 'not_active', 'not_active'],
    ['someone suspended', { ...grace, status: 'suspended' }, {}, 'not_active', 'not_active'], ['someone deleted', { ...grace, status: 'deleted' }, {}, 'not_active', 'not_active'],
    ['an owner', { ...grace, role: 'owner' }, {}, 'administrator', 'administrator'], ['an administrator', { ...grace, role: 'administrator' }, {}, 'administrator', 'administrator'], ['the help desk', { ...grace, role: 'helpdesk' }, {}, 'administrator', 'administrator'],
    ['an owner where key holders may use codes', { ...grace, role: 'owner', passkeys: 1 }, { codesForKeyHolders: true }, 'administrator', 'administrator'],
    ['someone with a key', { ...grace, passkeys: 1 }, {}, 'has_key', 'has_key'], ['someone with a key where that is allowed', { ...grace, passkeys: 2 }, { codesForKeyHolders: true }, undefined, undefined],
    ['someone where mail is off', grace, { emailCode: false }, 'channel_off', undefined], ['someone where SMS is off', grace, { smsCode: false }, undefined, 'channel_off'], ['someone where both are off', grace, { emailCode: false, smsCode: false }, 'channel_off', 'channel_off'],
    ['someone with a key where both are off', { ...grace, passkeys: 1 }, { emailCode: false, smsCode: false }, 'has_key', 'has_key'], ['someone suspended with a key', { ...grace, status: 'suspended', passkeys: 1 }, {}, 'not_active', 'not_active'],
    ['someone where recovery codes are off', grace, { recoveryCodes: false }, undefined, undefined],
  ])('SEC-37 SEC-59 %s', (_who, user, settings, byMail, bySms) => {
    expect(codeRefusal(user, { ...open, ...settings }, 'mail')).toBe(byMail)
    expect(codeRefusal(user, { ...open, ...settings }, 'sms')).toBe(bySms)
  })
})

describe('what a password, an app and a pass are good for', () => {
  const all: MethodSettings = { ...open, password: true, totp: true, accessPass: true, passwordEnrolsFirstKey: true }
  const none = { password: false, totp: false, accessPass: false, passwordEnrolsFirstKey: false }
  type Use = 'everything' | 'first_key' | WayRefusal
  it.each<[string, PolicyUser | undefined, Partial<MethodSettings>, Use, Use, Use]>([
    ['someone without a key', grace, {}, 'everything', 'everything', 'first_key'],
    ['someone whose address is not proven', { ...grace, emailVerified: false, phoneVerified: false }, {}, 'everything', 'everything', 'first_key'],
    ['nobody we know', undefined, {}, 'unknown_user', 'unknown_user', 'unknown_user'],
    ['someone new', { ...grace, status: 'new' }, {}, 'not_active', 'not_active', 'not_active'], ['someone pending', { ...grace, status: 'pending' }, {}, 'not_active', 'not_active', 'not_active'],
    ['someone suspended', { ...grace, status: 'suspended' }, {}, 'not_active', 'not_active', 'not_active'], ['someone deleted', { ...grace, status: 'deleted' }, {}, 'not_active', 'not_active', 'not_active'],
    ['an owner', { ...grace, role: 'owner' }, {}, 'administrator', 'administrator', 'administrator'], ['an administrator', { ...grace, role: 'administrator' }, {}, 'administrator', 'administrator', 'administrator'],
    ['the help desk', { ...grace, role: 'helpdesk' }, {}, 'administrator', 'administrator', 'administrator'], ['the help desk where key holders may use codes', { ...grace, role: 'helpdesk', passkeys: 1 }, { codesForKeyHolders: true }, 'administrator', 'administrator', 'administrator'],
    ['someone with a key', { ...grace, passkeys: 1 }, {}, 'has_key', 'has_key', 'has_key'], ['someone with a key where that is allowed', { ...grace, passkeys: 1 }, { codesForKeyHolders: true }, 'everything', 'everything', 'has_key'],
    ['someone with a key where only a first key may be enrolled', { ...grace, passkeys: 1 }, { codesForKeyHolders: true, password: false }, 'off', 'everything', 'has_key'],
    ['someone where all is off', grace, none, 'off', 'off', 'off'], ['someone where all is off, with an app', { ...grace, authenticators: 1 }, none, 'off', 'off', 'off'],
    ['someone whose password may only enroll a key', grace, { ...none, passwordEnrolsFirstKey: true }, 'first_key', 'off', 'off'],
    ['someone with an app whose password may only enroll a key', { ...grace, authenticators: 1 }, { ...none, passwordEnrolsFirstKey: true }, 'has_authenticator', 'off', 'off'],
    ['someone with an app', { ...grace, authenticators: 1 }, {}, 'everything', 'everything', 'first_key'],
  ])('SEC-37 SEC-59 %s', (_who, user, settings, password, totp, pass) => {
    const use = (way: 'password' | 'totp' | 'access-pass'): Use => { const found = useOf(way, user, { ...all, ...settings }); return typeof found === 'string' ? found : found.refused }
    expect([use('password'), use('totp'), use('access-pass')]).toEqual([password, totp, pass])
  })
})

describe('what an application needs', () => {
  it('SEC-19 is the stronger of what it asks and what its administrator has set', () => {
    const levels: readonly (Assurance | null)[] = [null, ...assurances]
    for (const [one, asked] of levels.entries()) for (const [other, configured] of levels.entries()) {
      expect(requiredAssurance(asked, configured, assurances), `${asked} and ${configured}`).toBe(levels[Math.max(one, other)])
    }
  })
})
