import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createViews } from '../../../../src/http/index.ts'

const folder = fileURLToPath(new URL('../../../../views', import.meta.url))
const at = Date.parse('2026-07-31T10:15:00Z')
const views = createViews({ folder, defaultLocale: 'en', assetUrl: (name) => `/assets/${name}`, now: () => at })
const templates = readdirSync(`${folder}/email`).filter((name) => name.endsWith('.txt.hbs')).map((name) => name.slice(0, -'.txt.hbs'.length))
const organization = { name: 'Analytical Engines', logoUrl: null, brandHref: null }
const model = {
  name: 'Ada', at, ip: '203.0.113.7', device: 'Chrome, Windows', link: 'https://id.example.com/invitation/a', host: 'id.example.com', minutes: 10, expiresAt: at, code: '042137',
  application: 'Payroll', key: 'Blue key', after: 'a•••@e•••.com', before: 'ada@example.com', phone: '+49 ••• 42', inviter: 'Grace', note: 'Welcome!',
  whatKey: 'mail.way-changed.authenticator_added', way: 'Phone', by: '',
  codeLink: 'https://id.example.com/phone/activate', browser: 'Chrome, Windows', computer: '203.0.113.7', until: at, email: 'ada@example.com', forAdministrators: 'yes',
  steps: [{ ordinal: 1, title: 'Get the app', text: 'On your phone.', state: '' }, { ordinal: 2, title: 'Pair', text: 'Later.', state: 'Not needed' }], helpLink: 'https://id.example.com/help',
  textKey: 'alert.microsoft.drift', domain: 'corp.example', fields: 'signingCertificate', days: '', reason: '',
  newsKey: 'mail.microsoft-key.registered', registered: 'yes', upn: 'ada@corp.example',
}
const without = { ...model, application: null, inviter: null, note: '', forAdministrators: '', registered: '' }

describe.each([['en', 'ltr'], ['de', 'ltr'], ['fa', 'rtl']])('a mail in %s', (locale, direction) => {
  it.each(templates)('S124 S125 %s has a subject, a text and a page that runs %s', (template) => {
    for (const values of [model, without]) {
      const mail = views.mail(template, values, { locale, organization })
      expect(mail.html).toContain(`<html lang="${locale}" dir="${direction}">`)
      expect(mail.subject).not.toMatch(/[\r\n\u2066-\u2069{}]/)
      expect(mail.text).not.toMatch(/<|&[a-z#]\w*;|\{|undefined|null/)
      expect(mail.text).toContain('Ada')
    }
  })
})

describe('a Persian mail', () => {
  it('shows dates in the Persian calendar, and codes, addresses and numbers in Latin digits, each set apart', () => {
    const mail = views.mail('code', model, { locale: 'fa', organization })
    expect(mail.text).toContain('۹ مرداد ۱۴۰۵، ۱۰:۱۵ UTC')
    expect(mail.text).toContain('۱۰ دقیقه')
    expect(mail.text).toContain('\u2068203.0.113.7\u2069')
    expect(mail.text).toMatch(/^ {4}042137$/m)
    expect(mail.html).toContain('<span dir="ltr">042137</span>')
    expect(views.mail('phone-changed', model, { locale: 'fa', organization }).text).toContain('\u2068+49 ••• 42\u2069')
  })

  it('begins in Persian wherever a sentence could begin with a name, so that readers find its direction', () => {
    for (const template of templates) {
      const mail = views.mail(template, { ...model, note: '' }, { locale: 'fa', organization })
      expect(mail.subject, template).toMatch(/^[\p{Script=Arabic}]/u)
      expect(mail.text, template).toMatch(/^[\p{Script=Arabic}]/u)
    }
  })
})

describe('an SMS', () => {
  it.each(['en', 'de', 'fa'])('S125 in %s ends with the line that browsers fill in from, and carries no invisible marks', (locale) => {
    const text = views.text(locale, 'sms.code', { code: '042137', organization: 'Analytical Engines', host: 'id.example.com' })
    expect(text).toMatch(/\n\n@id\.example\.com #042137$/)
    expect(text).not.toMatch(/[\u2066-\u2069]/)
  })

  it('fits into one message in English and German, and into two in Persian', () => {
    const values = { code: '042137', organization: 'Analytical Engines', host: 'id.example.com' }
    expect(views.text('en', 'sms.code', values).length).toBeLessThanOrEqual(160)
    expect(views.text('de', 'sms.code', values).length).toBeLessThanOrEqual(160)
    expect(views.text('fa', 'sms.code', values).length).toBeLessThanOrEqual(134)
  })
})
