import { describe, expect, it } from 'vitest'
import { defaultSettings, parseSettings as parse, slugOf } from '../../../src/directory/organization.ts'

const parseSettings = (stored: string) => parse(JSON.parse(stored))

describe('the settings of an organization', () => {
  it('are safe where nothing was decided', () => {
    expect(parseSettings('{}')).toEqual(defaultSettings)
    expect(defaultSettings).toMatchObject({ methods: { smsCode: false, codesForKeyHolders: false, password: false, totp: false, accessPass: false, passwordEnrolsFirstKey: false }, userVerification: 'required' })
    // SEC-68: at most an hour idle, at most a day in all.
    expect(defaultSettings.session.idleMinutes).toBeLessThanOrEqual(60)
    expect(defaultSettings.session.absoluteHours).toBeLessThanOrEqual(24)
  })

  it('keep what was decided and take the rest from today', () => {
    expect(parseSettings('{"methods":{"smsCode":true},"session":{"idleMinutes":15}}')).toEqual({
      ...defaultSettings, methods: { ...defaultSettings.methods, smsCode: true }, session: { ...defaultSettings.session, idleMinutes: 15 },
    })
    const all = { methods: { emailCode: false, smsCode: true, codesForKeyHolders: true, recoveryCodes: false, password: true, totp: true, accessPass: true, passwordEnrolsFirstKey: true, phone: false, phoneCode: false, phoneNear: true }, userVerification: 'preferred', session: { idleMinutes: 5, absoluteHours: 720 }, invitationDays: 60 }
    expect(parseSettings(JSON.stringify(all))).toEqual(all)
  })

  it('drop what no version knows', () => {
    expect(parseSettings('{"methods":{"palm":true},"other":1}')).toEqual(defaultSettings)
    expect(parseSettings('{"__proto__":{"invitationDays":1}}')).toEqual(defaultSettings)
  })

  it.each([
    '', 'null', '[]', '1', '{"methods":1}', '{"methods":{"emailCode":"yes"}}', '{"userVerification":"discouraged"}', '{"session":{"idleMinutes":4}}', '{"session":{"idleMinutes":10081}}', '{"session":{"idleMinutes":5.5}}',
    '{"session":{"absoluteHours":0}}', '{"session":{"absoluteHours":721}}', '{"session":{"idleMinutes":null}}', '{"invitationDays":0}', '{"invitationDays":61}', '{"invitationDays":"7"}',
  ])('are not guessed about: %s', (stored) => {
    expect(() => parseSettings(stored)).toThrow()
  })
})

describe('the short name of an organization', () => {
  it.each([
    ['Analytical Engines', 'analytical-engines'], ['  Ünïted & Söhne, GmbH ', 'united-sohne-gmbh'], ['37signals', '37signals'], ['---', 'organization'], ['سازمان', 'organization'], ['../../etc/passwd', 'etc-passwd'], ['a'.repeat(200), 'a'.repeat(60)],
    ['A–B—C', 'a-b-c'], ['İşler', 'isler'], ['ﬁne', 'fine'], ['', 'organization'],
  ])('of %j is %j', (name, slug) => {
    expect(slugOf(name)).toBe(slug)
    expect(slugOf(name)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  })

  it('never ends in a dash, wherever it is cut', () => {
    for (let length = 50; length < 70; length++) expect(slugOf(`${'a'.repeat(length)} b`)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  })
})
