import { afterAll, beforeAll, expect, it } from 'vitest'
import { withApp, type Person } from '../../support/app.ts'
import { givePhone } from '../../support/fake-phone.ts'
import { openKeyScene, type KeyScene } from '../../support/microsoft-keys.ts'
import { errorAt, textOf } from '../../support/pages.ts'
import type { Browser } from '../../support/browser.ts'

const root = '/admin/microsoft365/keys'

/** What administrators see and do of keys at Microsoft; what becomes of an order is in keys.test.ts. */
withApp('the pages of keys at Microsoft', (current) => {
  let scene: KeyScene
  let browser: Browser
  let count = 0
  const someone = async () => scene.person(`page${++count}`)
  const events = async (action: string) => (await current().foundation.audit.list({ organizationId: current().organization.id, limit: 200 })).events.filter((event) => event.action === action)
  const ordersOf = ({ user }: Person) => current().app.parts.microsoft365.keys.store.ofPerson(user.organizationId, user.id)

  beforeAll(async () => {
    scene = await openKeyScene(current(), 'pages')
    browser = await current().signedIn(scene.administrator)
  })
  afterAll(async () => { await scene.close() })

  it('S108 order nothing before somebody agreed for the organization, and keep who, when and to which text', async () => {
    const { person } = await someone()
    expect(textOf((await browser.get(root)).body)).toMatch(/Consent of the organization Missing.*No live tenant of Microsoft has seen this yet|No live tenant of Microsoft has seen this yet.*Missing/)
    expect((await browser.post(`${root}/new`, { user: person.user.id })).path).toBe(`${root}/consent`)
    expect(textOf((await browser.get(`/admin/users/${person.user.id}`)).body)).not.toContain('Order the key')
    await browser.post(`/admin/users/${person.user.id}/microsoft-key`, { phone: '' })
    expect(await ordersOf(person)).toEqual([])
    const refused = await browser.post(`${root}/consent`, {})
    expect([refused.status, errorAt(refused.body, 'agreed')]).toEqual([422, 'Tick the box to give the consent.'])
    expect(textOf(refused.body)).toContain('UserAuthMethod-Passkey.ReadWrite.All')
    expect((await browser.post(`${root}/consent`, { agreed: 'yes' })).path).toBe(root)
    expect(textOf((await browser.get(root)).body)).toContain('Given by Ada Lovelace (text 1)')
    expect(await events('microsoft.keys_consented')).toMatchObject([{ actor: { id: scene.administrator.user.id }, details: { version: 1 } }])
  })

  it('S108 order for one person, cancel, order again, see it registered, and take it off Microsoft', async () => {
    const { person, atEntra } = await someone()
    const page = `/admin/users/${person.user.id}`
    const phone = await givePhone(current(), person.user, { name: 'Pixel of Ada' })
    const ordered = await browser.post(`${page}/microsoft-key`, { phone: '' })
    expect(textOf(ordered.body)).toMatch(/is ordered\. The phone asks now.*Asked on the phone/)
    const [order] = await ordersOf(person)
    expect(await events('microsoft.key_ordered')).toMatchObject([{ userId: person.user.id, actor: { id: scene.administrator.user.id }, details: { upn: person.user.email, order: order?.id } }])
    expect((await phone.orders()).map(({ id }) => id)).toEqual([order?.id])
    const cancelled = await browser.post(`${root}/${order?.id}/cancellation`, { back: 'person' })
    expect([cancelled.path, await phone.orders()]).toEqual([page, []])
    expect(textOf(cancelled.body)).toContain('An administrator cancelled it.')
    await browser.post(`${page}/microsoft-key`, { phone: phone.id })
    const [again] = await phone.orders()
    expect(await scene.make(phone, again?.id ?? '')).toMatchObject({ outcome: 'registered' })
    expect(textOf((await browser.get(page)).body)).toMatch(/Pixel of Ada.*Registered/)
    expect(textOf((await browser.get(`${root}/${again?.id}/removal`)).body)).toContain('cannot sign in there with it any more')
    expect(atEntra.passkeys).toHaveLength(1)
    const removalOfDomain = async (): Promise<string> => textOf((await browser.get(`/admin/microsoft365/${scene.domainId}/removal`)).body)
    expect(await removalOfDomain()).toContain('registered at Microsoft through this domain')
    expect(textOf((await browser.post(`${root}/${again?.id}/removal`)).body)).toContain('Being removed')
    await scene.run()
    expect([atEntra.passkeys.length, (await ordersOf(person)).find(({ id }) => id === again?.id)?.state]).toEqual([0, 'removed'])
    expect((await events('microsoft.key_removed')).length).toBeGreaterThan(0)
  })

  it('S108 order for chosen people and for a whole group, and list them by state with what to do', async () => {
    const { foundation, organization } = current()
    const [one, two, three] = [await someone(), await someone(), await someone()]
    const group = await foundation.storage.write(async (tx) => {
      const id = await foundation.groups.create(tx, organization.id, { name: 'Engineering of keys', description: '' })
      for (const { person } of [two, three]) await foundation.groups.addMember(tx, organization.id, id, person.user.id)
      return id
    })
    expect(errorAt((await browser.post(`${root}/new`, {})).body, 'user')).toBe('Choose somebody, or the whole group.')
    const chosen = await browser.post(`${root}/new`, { user: one.person.user.id })
    expect([chosen.path, textOf(chosen.body)]).toEqual([root, expect.stringContaining('1 key is ordered.')])
    const offered = textOf((await browser.get(`${root}/new?group=${group}`)).body)
    expect(offered).toContain(two.person.user.email)
    expect(offered).not.toContain(one.person.user.email)
    expect(textOf((await browser.post(`${root}/new`, { group, whole: 'yes' })).body)).toContain('2 keys are ordered.')
    const waiting = textOf((await browser.get(`${root}?state=waiting`)).body)
    for (const { person } of [one, two, three]) expect(waiting).toContain(person.user.email)
    expect(textOf((await browser.get(`${root}?state=registered`)).body)).not.toContain(one.person.user.email)
    expect(textOf((await browser.post(`${root}/new`, { user: one.person.user.id })).body)).toContain('For 1 person it was not possible')
  })

  it('S108 the rule for new phones is set here and written down; withdrawing the consent ends it', async () => {
    const settings = () => current().app.parts.microsoft365.keys.settings.find(current().organization.id)
    await browser.post(`${root}/rule`, { on_activation: 'yes' })
    expect((await settings()).onActivation).toBe(true)
    expect(await events('microsoft.keys_rule_changed')).toMatchObject([{ details: { onActivation: true } }])
    await browser.post(`${root}/consent/withdrawal`)
    expect(await settings()).toMatchObject({ consent: null, onActivation: false })
    expect((await browser.post(`${root}/rule`, { on_activation: 'yes' })).path).toBe(`${root}/consent`)
    await browser.post(`${root}/consent`, { agreed: 'yes' })
    expect((await settings()).onActivation).toBe(false)
  })

  it('S111 the check names each thing that stands in the way with its fix', async () => {
    const policy = scene.tenant.passkeyPolicy
    const usual = { ...policy }
    expect(textOf((await browser.get(`${root}/check`)).body)).toContain('The tenant’s policy lets keys of our phones in.')
    Object.assign(policy, { isSelfServiceRegistrationAllowed: false, isAttestationEnforced: true, includeTargets: [{ targetType: 'group', id: 'group-1' }] })
    const said = textOf((await browser.get(`${root}/check`)).body)
    Object.assign(policy, usual)
    for (const words of ['Self-service set-up is off', 'allow self-service set-up', 'Attestation is enforced', 'do not enforce attestation', 'on for some groups only', 'UserAuthMethod-Passkey.ReadWrite.All']) expect(said).toContain(words)
  })

  it('S108 SEC-60 a Temporary Access Pass is asked for on a page of its own, shown once, kept nowhere, and told to the person', async () => {
    const { person, atEntra } = await someone()
    const page = `/admin/users/${person.user.id}/microsoft-pass`
    expect(textOf((await browser.get(page)).body)).toContain('UserAuthMethod-TAP.ReadWrite.All')
    expect(atEntra.accessPass).toBeUndefined()
    const made = await browser.post(page, { uses: 'once', minutes: '60' })
    const code = atEntra.accessPass?.code ?? ''
    expect(code).not.toBe('')
    expect(atEntra.accessPass).toMatchObject({ minutes: 60, once: true })
    expect(textOf(made.body)).toContain(code)
    expect((await browser.get(page)).body).not.toContain(code)
    expect(await events('microsoft.access_pass_issued')).toMatchObject([{ outcome: 'success', userId: person.user.id, details: { upn: person.user.email, minutes: 60, once: true } }])
    expect((await current().letters(person.user.email)).find(({ template }) => template === 'microsoft-key')?.text).toContain('a Temporary Access Pass was made')
    const kept = JSON.stringify([await current().foundation.storage.read.all('SELECT * FROM audit_events'), await current().letters(), await current().foundation.storage.read.all('SELECT * FROM microsoft_keys')])
    expect(kept).not.toContain(code)
    expect(current().logLines.join('\n')).not.toContain(code)
    const rights = scene.tenant.applications.find(({ roles }) => roles.length > 0)?.roles ?? []
    const kept2 = rights.splice(0)
    current().advance(2 * 3_600_000)
    browser = await current().signedIn(scene.administrator)
    const refused = await browser.post(page, { uses: 'once', minutes: '60' })
    expect([refused.status, textOf(refused.body)]).toEqual([502, expect.stringContaining('The app registration may not do this.')])
    rights.push(...kept2)
    current().advance(2 * 3_600_000)
    browser = await current().signedIn(scene.administrator)
  })

  it('SEC-69 the help desk orders a key but makes no pass and gives no consent, and nobody reaches higher than they stand', async () => {
    const desk = await current().signedIn(await current().addPerson({ email: 'desk@pages.example', role: 'helpdesk' }))
    const { person } = await someone()
    expect((await desk.post(`/admin/users/${person.user.id}/microsoft-key`, { phone: '' })).path).toBe(`/admin/users/${person.user.id}`)
    expect((await ordersOf(person)).map(({ state }) => state)).toEqual(['waiting'])
    expect((await desk.get(`/admin/users/${person.user.id}/microsoft-pass`)).status).toBe(403)
    expect((await desk.get(`${root}/consent`)).status).toBe(403)
    const owner = await current().addPerson({ email: 'owner@pages.example', role: 'owner' })
    await current().foundation.storage.write((tx) => current().foundation.identities.set(tx, owner.user.organizationId, owner.user.id, { upn: 'owner@pages.example', source: 'minted' }))
    expect((await desk.post(`/admin/users/${owner.user.id}/microsoft-key`, { phone: '' })).status).toBe(403)
    expect((await browser.post(`/admin/users/${owner.user.id}/microsoft-pass`, { uses: 'once', minutes: '60' })).status).toBe(403)
    expect(await ordersOf(owner)).toEqual([])
  })

  it('SEC-73 nothing of another organization is found', async () => {
    const elsewhere = await current().addOrganization('Elsewhere of keys')
    const stranger = await current().signedIn(await current().addPerson({ email: 'owner@elsewhere.example', role: 'owner', organization: elsewhere }))
    const { person } = await someone()
    const id = await scene.order(person)
    for (const path of ['cancellation', 'retry', 'removal']) expect((await stranger.post(`${root}/${id}/${path}`, {})).status).toBe(404)
    expect((await stranger.post(`/admin/users/${person.user.id}/microsoft-key`, { phone: '' })).status).toBe(404)
    expect(textOf((await stranger.get(root)).body)).not.toContain(person.user.email)
    expect((await scene.find(id)).state).toBe('waiting')
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
