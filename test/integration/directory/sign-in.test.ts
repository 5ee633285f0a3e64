import { afterAll, beforeAll, expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { settingsOf } from '../../support/directory/connection.ts'
import { personDn, slapdMissing, slapdPassword, startSlapd, type Slapd } from '../../support/directory/slapd.ts'
import { changeSettings, errorAt } from '../../support/pages.ts'
import { skipWithout } from '../../support/skip.ts'
import { givePassword, nameAddress } from '../../support/ways.ts'

withApp('signing in with the password of a directory', (current) => {
  skipWithout(slapdMissing())
  let slapd: Slapd
  beforeAll(async () => { if (!slapdMissing()) slapd = await startSlapd({ people: 4 }) })
  afterAll(async () => { await slapd?.stop() })

  const sync = async (): Promise<void> => {
    const { foundation, organization, app } = current()
    const { directories } = app.parts
    const known = await directories.findByName(organization.id, 'Headquarters')
    const settings = settingsOf('openldap', { servers: [{ url: slapd.ldapsUrl }], ca: slapd.ca, bind: { name: slapd.reader.dn }, base: slapd.base })
    const directory = known ?? await foundation.storage.write((tx) => directories.create(tx, organization.id, { name: 'Headquarters', kind: 'openldap', enabled: true, settings, secret: slapd.reader.password }))
    for (let tries = 0; tries < 200; tries++) {
      const run = await directories.sync(directory, { order: 'full', actor: { kind: 'job', id: null, name: 'Headquarters' } })
      if (run) return expect(run.state).toBe('done')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('another run did not end')
  }
  const enter = async (number: number, password: string): Promise<{ status: number; error: string; inside: boolean }> => {
    const browser = current().browser()
    const { signIn } = await nameAddress(browser, `user00000${number}@example.test`)
    const answer = await browser.post(`${signIn}/password`, { password })
    return { status: answer.status, error: errorAt(answer.body, 'password'), inside: (await browser.get('/profile')).path === '/profile' }
  }

  it('SEC-64 asks the directory, each time: right, wrong, changed there, locked there', async () => {
    await changeSettings(current(), { methods: { password: true } })
    await sync()
    expect(await enter(1, slapdPassword)).toMatchObject({ inside: true })
    for (const wrong of ['wrong password', '', `${slapdPassword} `]) expect(await enter(1, wrong)).toMatchObject({ status: 422, inside: false })
    await slapd.modify(personDn('user000001'), { userPassword: 'Another-Horse-8' })
    expect(await enter(1, slapdPassword)).toMatchObject({ status: 422, inside: false })
    expect(await enter(1, 'Another-Horse-8')).toMatchObject({ inside: true })
    await slapd.modify(personDn('user000001'), { pwdAccountLockedTime: '000001010000Z' })
    expect(await enter(1, 'Another-Horse-8')).toMatchObject({ status: 422, inside: false })
  })

  it('takes no other password of somebody whom a directory keeps', async () => {
    const user = await current().foundation.users.findByEmailKey('user000002@example.test')
    if (!user) throw new Error('nobody came in')
    await givePassword(current(), user, 'seven quiet otters swim')
    expect(await enter(2, 'seven quiet otters swim')).toMatchObject({ status: 422, inside: false })
    expect(await enter(2, slapdPassword)).toMatchObject({ inside: true })
  })

  it('SEC-65 gives whoever is put under the same name later nothing of the account before', async () => {
    await slapd.remove(personDn('user000003'))
    await slapd.add(personDn('user000003'), { objectClass: 'inetOrgPerson', uid: 'user000003', cn: 'Somebody Else', sn: 'Else', mail: 'user000003@example.test', userPassword: 'Namesake-Horse-9' })
    expect(await enter(3, 'Namesake-Horse-9')).toMatchObject({ status: 422, inside: false })
    expect(await enter(3, slapdPassword)).toMatchObject({ status: 422, inside: false })
  })

  it('R-13 lets nobody in while the directory is away, says so within five seconds, and goes on when it is back', async () => {
    await slapd.kill()
    const before = performance.now()
    const refused = await enter(2, slapdPassword)
    expect([refused.inside, refused.error.includes('cannot be reached'), performance.now() - before < 6_000]).toEqual([false, true, true])
    await slapd.start()
    await current().advance(61_000)
    expect(await enter(2, slapdPassword)).toMatchObject({ inside: true })
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.0/8,::1,localhost' })
