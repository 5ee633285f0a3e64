import { beforeAll, expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { codeAt, stepOf } from '../../src/authentication/methods/totp/index.ts'
import { askChallenge, codeOf, solvedCheck } from '../support/ceremonies.ts'
import { giveAuthenticator, givePassword } from '../support/ways.ts'
import { changeSettings } from '../support/pages.ts'
import type { SecurityKey } from '../support/security-key.ts'

withApp('what a sign-in costs the database', (current) => {
  beforeAll(async () => { await current().app.parts.jobs.stop() })

  /** Statements and durable commits of each step of a journey. */
  function meter(): { readonly step: <T>(name: string, act: () => Promise<T>) => Promise<T>; readonly costs: Record<string, readonly [number, number]> } {
    const costs: Record<string, readonly [number, number]> = {}
    return {
      costs,
      async step(name, act) {
        const { statistics } = current().foundation.storage
        const before = { ...statistics }
        const result = await act()
        costs[name] = [statistics.statements - before.statements, statistics.commits - before.commits]
        return result
      },
    }
  }

  it('P-19 with a key: five commits from the first page to the panel', async () => {
    const { key } = await current().addPerson({ email: 'key@example.com' })
    const browser = current().browser()
    const { step, costs } = meter()
    await step('panel, a stranger', () => browser.get('/', { follow: false }))
    const { location: path = '' } = await step('begin', () => browser.get('/signin?return=%2F', { follow: false }))
    await step('sign-in page', () => browser.get(path))
    const { challengeId, options } = await step('challenge', () => askChallenge(browser, `${path}/passkey/options`))
    await step('touch', () => browser.post(`${path}/passkey`, { challenge_id: challengeId, response: (key as SecurityKey).sign(options) }, { follow: false }))
    await step('done', () => browser.get(path, { follow: false }))
    await step('panel', () => browser.get('/'))
    expect(costs).toEqual({
      'panel, a stranger': [0, 0], begin: [1, 1], 'sign-in page': [2, 0], challenge: [3, 1], touch: [10, 3], done: [2, 0], panel: [5, 0],
    })
  })

  it('P-19 with a code', async () => {
    const { user } = await current().addPerson({ email: 'code@example.com', withKey: false })
    const browser = current().browser()
    const { step, costs } = meter()
    const { location: path = '' } = await step('begin', () => browser.get('/signin?return=%2F', { follow: false }))
    await step('sign-in page', () => browser.get(path))
    await step('email page', () => browser.get(`${path}/email`))
    await step('email', () => browser.post(`${path}/email`, { email: user.email, ...solvedCheck(browser) }, { follow: false }))
    await step('channel page', () => browser.get(`${path}/channel`))
    await step('send', () => browser.post(`${path}/channel`, { channel: 'mail' }, { follow: false }))
    await step('code page', () => browser.get(`${path}/code`))
    const code = codeOf((await current().letters(user.email)).at(-1))
    await step('code', () => browser.post(`${path}/code`, { code }, { follow: false }))
    await step('done', () => browser.get(path, { follow: false }))
    await step('panel', () => browser.get('/'))
    expect(costs).toEqual({
      begin: [1, 1], 'sign-in page': [2, 0], 'email page': [2, 0], email: [6, 3], 'channel page': [4, 0], send: [15, 2], 'code page': [1, 0],
      code: [14, 5], done: [2, 0], panel: [7, 0],
    })
  })

  it('P-5 P-19 with a password: ten statements and two commits from the answer to the session, and with an app behind it', async () => {
    await changeSettings(current(), { methods: { password: true, totp: true } })
    const { user } = await current().addPerson({ email: 'password@example.com', withKey: false })
    await givePassword(current(), user, 'seven quiet otters swim')
    const browser = current().browser()
    const { location: path = '' } = await browser.get('/signin?return=%2F', { follow: false })
    const { step, costs } = meter()
    await browser.get(`${path}/email`)
    await browser.post(`${path}/email`, { email: user.email, ...solvedCheck(browser) }, { follow: false })
    await step('password page', () => browser.get(`${path}/password`))
    await step('password', () => browser.post(`${path}/password`, { password: 'seven quiet otters swim' }, { follow: false }))
    await step('done', () => browser.get(path, { follow: false }))
    const seed = await giveAuthenticator(current(), user)
    const second = (await browser.get('/profile')).path
    await step('app', () => browser.post(second, { code: codeAt(seed, stepOf(current().foundation.clock.now())) }, { follow: false }))
    expect(costs).toEqual({ 'password page': [2, 0], password: [10, 2], done: [2, 0], app: [13, 3] })
    await changeSettings(current(), { methods: { password: false, totp: false } })
  })

  it('P-19 a page of someone who is signed in: one statement finds session, person and organization', async () => {
    const panel = await current().signedIn(await current().addPerson({ email: 'page@example.com' }))
    const { step, costs } = meter()
    for (const path of ['/', '/profile', '/activity', '/security']) await step(path, () => panel.get(path))
    const { step: again, costs: sso } = meter()
    const { location: path = '' } = await again('begin', () => panel.get('/signin?return=%2Fprofile', { follow: false }))
    await again('single sign-on', () => panel.get(path, { follow: false }))
    // The first page of a panel looks for first steps that are left; what they say is read only where there are some.
    expect(costs).toEqual({ '/': [6, 0], '/profile': [2, 0], '/activity': [2, 0], '/security': [10, 0] })
    expect(sso).toEqual({ begin: [2, 1], 'single sign-on': [3, 1] })
  })
})
