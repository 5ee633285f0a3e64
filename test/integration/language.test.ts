import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'

let count = 0
const address = (): string => `ada${++count}@example.com`
const asking = (languages: string) => ({ headers: { 'accept-language': languages } })

withApp('the language of a page', (current) => {
  it('S125 is the browser’s, and the foot offers the others in their own words', async () => {
    const { body } = await current().browser().get('/signup', asking('fr, de-AT;q=0.9, en;q=0.8'))
    expect(body).toContain('<html lang="de" dir="ltr"')
    expect(body).toContain('<span lang="de" aria-current="true">Deutsch</span>')
    expect(body).toContain('<a href="?lang=en" lang="en" hreflang="en">English</a>')
    expect(body).toContain('<a href="?lang=fa" lang="fa" hreflang="fa">فارسی</a>')
  })

  it('S125 is what was chosen in the foot from then on, from right to left where it is written so', async () => {
    const browser = current().browser()
    await browser.get('/signup?lang=fa')
    expect((await browser.get('/signup', asking('de'))).body).toContain('<html lang="fa" dir="rtl"')
  })

  it('S93 is what was chosen last in the profile, whatever was chosen on a page before', async () => {
    const person = await current().addPerson({ email: address() })
    const browser = await current().signedIn(person)
    await browser.get('/profile?lang=fa')
    const form = await browser.get('/profile/preferences')
    expect(form.body).toContain('<html lang="fa" dir="rtl"')
    expect(form.body).toContain('<option value="de" lang="de">Deutsch</option>')
    const saved = await browser.post('/profile/preferences', { language: 'de', time_zone: 'Europe/Vienna' })
    expect(saved.body).toContain('<html lang="de" dir="ltr"')
    expect(saved.body).toContain('Gespeichert.')
    await browser.post('/profile/preferences', { language: '', time_zone: 'UTC' })
    expect((await browser.get('/profile', asking('fa'))).body).toContain('<html lang="fa" dir="rtl"')
  })

  it('S124 mails go out in the reader’s language, also when a directory wrote it with a country', async () => {
    const { foundation } = current()
    const write = async (locale: string | null): Promise<string | undefined> => {
      const email = address()
      const { user } = await current().addPerson({ email })
      await foundation.storage.write((tx) => foundation.letters.mail(tx, {
        template: 'recovery-codes-made', to: { organizationId: user.organizationId, email, givenName: 'Ada', locale }, model: { ip: '', device: '' }, expiresAt: foundation.clock.now() + 60_000,
      }))
      return (await current().letters(email))[0]?.html.split('\n')[1]
    }
    expect(await write('de_AT')).toBe('<html lang="de" dir="ltr">')
    expect(await write('fa')).toBe('<html lang="fa" dir="rtl">')
    expect(await write('not a language')).toBe('<html lang="en" dir="ltr">')
    expect(await write(null)).toBe('<html lang="en" dir="ltr">')
  })

  it('sets names apart from a sentence that runs the other way', async () => {
    const { body } = await current().browser().get('/signin?lang=fa')
    expect(body).toMatch(/<h1>ورود به پنل \u2068[\w ]+\u2069<\/h1>/)
    expect((await current().browser().get('/signin?lang=de')).body).toMatch(/<h1>Bei [\w ]+ anmelden<\/h1>/)
  })

  it('S125 administration speaks German, and English to whose language lacks it', async () => {
    const browser = await current().signedIn(await current().addPerson({ email: address(), role: 'owner' }))
    const german = await browser.get('/admin/users?lang=de')
    expect(german.body).toContain('<html lang="de" dir="ltr"')
    expect(german.body).toContain('Person einladen')
    const persian = await browser.get('/admin/users?lang=fa')
    expect(persian.body).toContain('<html lang="en" dir="ltr"')
    expect(persian.body).toContain('Invite a person')
    expect((await browser.get('/profile')).body).toContain('<html lang="fa" dir="rtl"')
  })
})
