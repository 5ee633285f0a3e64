import { afterAll, beforeAll, expect, it } from 'vitest'
import { callCommand, environmentOf } from '../../support/command-line.ts'
import { withApp } from '../../support/app.ts'
import { settingsOf } from '../../support/directory/connection.ts'
import { groupDn, personDn, slapdMissing, startSlapd, type Slapd } from '../../support/directory/slapd.ts'
import { startReceiver } from '../../support/receiver.ts'
import { registerParty, refusal } from '../../support/relying-party.ts'
import * as client from 'openid-client'
import { skipWithout } from '../../support/skip.ts'

const people = 30
const ada = 'user000003@example.test'
const until = async (done: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await done()); tries++) {
    if (tries === 400) throw new Error('it did not happen within twenty seconds')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

withApp('people of an OpenLDAP directory', (current) => {
  skipWithout(slapdMissing())
  let slapd: Slapd
  beforeAll(async () => { if (!slapdMissing()) slapd = await startSlapd({ people, groups: 2 }) })
  afterAll(async () => { await slapd?.stop() })

  const start = async (): Promise<string> => {
    const { foundation, organization, app } = current()
    const settings = settingsOf('openldap', { servers: [{ url: slapd.ldapsUrl }], ca: slapd.ca, bind: { name: slapd.reader.dn }, base: slapd.base, groups: { mode: 'all' }, everySeconds: 30 })
    const directory = await foundation.storage.write((tx) => app.parts.directories.create(tx, organization.id, { name: 'Headquarters', kind: 'openldap', enabled: true, settings, secret: slapd.reader.password }))
    await until(async () => (await app.parts.directories.find(organization.id, directory.id))?.successAt !== null)
    return directory.id
  }
  const cli = (...args: string[]) => callCommand(['directory', ...args], { ...environmentOf(current()), DOORWARD_OUTBOUND_ALLOW: '127.0.0.0/8,::1' })

  it('come in by the job alone; whoever is gone is signed out everywhere with the next run, and one event tells all of it', async () => {
    const { foundation, organization, app } = current()
    const id = await start()
    const { users, groups, storage } = foundation
    const user = await users.findByEmailKey(ada)
    if (!user) throw new Error('nobody came in')
    expect([user.status, user.managedBy, (await groups.members(organization.id, (await groups.findByName(organization.id, 'team0000'))?.id ?? user.id as never, 100)).length]).toEqual(['active', id, people / 2])
    const browser = await current().signedIn({ user, key: undefined })
    const receiver = await startReceiver()
    try {
      const party = await registerParty(current(), { settings: { refreshTokens: true, backchannelLogoutUri: receiver.url } })
      const tokens = await party.signIn(browser, { consent: 'allow' }, { scope: 'openid offline_access', prompt: 'consent' })
      expect((await browser.get('/')).status).toBe(200)
      const refreshed = await client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? '')
      await slapd.remove(personDn('user000003'))
      await storage.write((tx) => app.parts.directories.runNow(tx, organization.id, id, 'changes', { kind: 'user', id: 'grace', name: 'Grace' }))
      await until(async () => (await users.findByEmailKey(ada))?.status === 'suspended')
      expect((await browser.get('/', { follow: false })).status).toBe(303)
      expect(await refusal(client.refreshTokenGrant(party.configuration, refreshed.refresh_token ?? ''))).toBe('invalid_grant')
      await until(async () => { await app.parts.oidc.settled(); return receiver.tokens.length === 1 })
      const { events } = await foundation.audit.list({ organizationId: organization.id, userId: user.id, limit: 20 })
      expect(events.filter(({ action }) => action === 'user.suspended').map(({ actor, details }) => [actor.name, details['because'], details['sessions']])).toEqual([['Grace', 'left', 1]])
      expect((await users.findByEmailKey('user000004@example.test'))?.status).toBe('active')
    } finally {
      await receiver.close()
    }
  })

  it('are seen, looked at and synchronised at the command line', async () => {
    const { foundation, organization } = current()
    expect((await cli('list')).out).toMatch(/Headquarters +openldap +30 people +2 groups/)
    expect(await cli('check', 'Headquarters')).toMatchObject({ code: 0, out: expect.stringContaining('user000000@example.test') })
    await slapd.modify(personDn('user000005'), { sn: 'Byron' })
    await slapd.removeValues(groupDn('team0000'), 'member', personDn('user000006'))
    const looked = await cli('sync', 'Headquarters', '--dry-run')
    expect(looked).toMatchObject({ code: 0, out: expect.stringMatching(/familyName: .* → Byron/) })
    expect((await foundation.users.findByEmailKey('user000005@example.test'))?.familyName).not.toBe('Byron')
    const synced = await cli('sync', 'Headquarters')
    expect([synced.code, synced.err]).toEqual([0, expect.stringMatching(/update 1/)])
    expect((await foundation.users.findByEmailKey('user000005@example.test'))?.familyName).toBe('Byron')
    expect(await cli('sync', 'Nowhere')).toMatchObject({ code: 1, err: expect.stringContaining('There is no directory Nowhere') })
    expect((await cli('runs', 'Headquarters')).out).toMatch(/done.*update 1/)
    const table = await cli('export', 'users', '--format', 'csv')
    expect(table.out.split('\n').filter((line) => line.includes('@example.test'))).toHaveLength(people)
    expect(organization.slug).toBeTruthy()
  })

  it('R-13 stay when nobody answers there, and the reason is told with what to do', async () => {
    const { foundation, organization } = current()
    const port = slapd.ldapsPort
    await slapd.kill()
    try {
      const failed = await cli('sync', 'Headquarters', '--full')
      expect([failed.code, failed.err]).toEqual([1, expect.stringMatching(/Nothing was changed/)])
      expect(failed.err).toContain(String(port))
      expect(await foundation.storage.read.one(`SELECT count(*) AS people FROM users WHERE organization_id = ? AND status = 'active' AND managed_by IS NOT NULL`, [organization.id])).toEqual({ people: people - 1 })
    } finally {
      await slapd.start()
    }
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.0/8,::1' })
