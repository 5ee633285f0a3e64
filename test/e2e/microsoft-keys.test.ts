import { afterAll, beforeAll, expect, it } from 'vitest'
import type { User } from '../support/entra/index.ts'
import type { Person } from '../support/app.ts'
import type { Seat } from '../support/chromium.ts'
import { openKeyScene, type KeyScene } from '../support/microsoft-keys.ts'
import { activate, takePhone, type PhoneSeat } from '../support/phone-seat.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'
import { phoneAaguid } from '../../src/microsoft365/index.ts'

const root = '/admin/microsoft365/keys'
const site = 'login.microsoft.com'

/** An administrator at a computer, a person with a phone, and the double of Microsoft between them; what Microsoft refuses in detail is in test/integration. */
inBrowser('a key at Microsoft that an administrator orders', (current) => {
  let scene: KeyScene
  let desk: Seat
  let count = 0
  beforeAll(async () => {
    scene = await openKeyScene(current().app, 'keys')
    desk = await current().seat({ as: scene.administrator })
  })
  afterAll(async () => {
    await desk.close()
    await scene.close()
  })

  async function someone(): Promise<{ person: Person; atEntra: User; phone: PhoneSeat }> {
    const made = await scene.person(`person${++count}`)
    const phone = await takePhone(current())
    await activate(phone, current().app, made.person.user)
    await phone.page.getByText('Nothing is waiting for you.').waitFor()
    return { ...made, phone }
  }
  const mainText = ({ page }: Seat): Promise<string> => page.getByRole('main').innerText()
  async function orderFor({ user }: Person): Promise<void> {
    await desk.page.goto(`/admin/users/${user.id}`)
    await desk.page.getByRole('button', { name: 'Order the key' }).click()
    await desk.page.getByText('The phone asks now').waitFor()
  }
  async function ordered() {
    const made = await someone()
    await orderFor(made.person)
    await made.phone.page.getByRole('heading', { name: site }).waitFor()
    return made
  }
  /** What the administrator's list says of a person. */
  async function listed({ user }: Person): Promise<string> {
    await desk.page.goto(`${root}?text=${encodeURIComponent(user.email)}`)
    return desk.page.locator('.rows__item', { hasText: user.email }).innerText()
  }
  const approve = ({ page }: PhoneSeat): Promise<void> => page.getByRole('button', { name: 'Approve' }).click()
  /** Sites that the app holds keys for, read where it keeps them. */
  const held = ({ page }: PhoneSeat): Promise<readonly string[]> => page.evaluate('new Promise((done) => { const opening = indexedDB.open("doorward-phone"); opening.onsuccess = () => { const all = opening.result.transaction("credentials").objectStore("credentials").getAll(); all.onsuccess = () => { opening.result.close(); done(all.result.map(({ rpId }) => rpId)) } } })')

  it('S108 S109 the organization agrees, a key is ordered, made on the phone and known at Microsoft; everybody sees that it is done', async () => {
    await desk.page.goto(root)
    await desk.page.getByRole('link', { name: 'Give the consent' }).first().click()
    await expectAccessible(desk)
    await desk.page.getByRole('checkbox').check()
    await desk.page.getByRole('button', { name: 'Give the consent' }).click()
    await desk.page.getByText('Given by Ada Lovelace').waitFor()
    await expectAccessible(desk)

    const { person, atEntra, phone } = await someone()
    const { page } = phone
    await orderFor(person)
    await expectAccessible(desk)
    expect(await listed(person)).toContain('Asked on the phone')
    // The only one that asks comes up by itself.
    await page.getByRole('heading', { name: site }).waitFor()
    const said = await mainText(phone)
    for (const fact of ['Set up this phone as your key at', person.user.email, 'Asked for by', 'Ada Lovelace']) expect(said).toContain(fact)
    await expectAccessible(phone)
    await page.getByRole('link', { name: 'Keys' }).click()
    await page.getByRole('link', { name: new RegExp(site) }).waitFor()
    expect(await mainText(phone)).toContain('From your administrator')
    await expectAccessible(phone)
    await page.getByRole('link', { name: new RegExp(site) }).click()
    expect(atEntra.passkeys).toEqual([])
    await approve(phone)
    await page.getByRole('heading', { name: 'Key set up' }).waitFor()
    await expectAccessible(phone)

    expect(atEntra.passkeys).toMatchObject([{ rpId: site, format: 'packed', aaguid: phoneAaguid }])
    expect(await listed(person)).toContain('Registered')
    await expectAccessible(desk)
    await page.getByRole('link', { name: 'Done' }).click()
    await page.getByText('Nothing is waiting for you.').waitFor()
    await page.locator('.keycard').first().click()
    await page.getByText('Microsoft 365 has a key of yours.').waitFor()
    expect(await page.locator('.phone__sheet', { has: page.getByRole('heading', { name: 'Keys for sites' }) }).innerText()).toContain(site)
    await expectAccessible(phone)

    const own = await current().seat({ as: person })
    await own.page.goto('/microsoft-365')
    const panel = await mainText(own)
    for (const fact of ['Done for you', 'the key on your phone is known at Microsoft', 'Keys that are known there']) expect(panel).toContain(fact)
    await expectAccessible(own)
    await own.close()
    await phone.close()
  })

  it('S108 refused on the phone, no key is made, and the list says who said no; it can be ordered again', async () => {
    const { person, atEntra, phone } = await ordered()
    await phone.page.getByRole('button', { name: 'No, refuse' }).click()
    await phone.page.getByRole('heading', { name: 'Refused' }).waitFor()
    expect(await mainText(phone)).toContain('No key was made.')
    await expectAccessible(phone)
    expect(await listed(person)).toContain('Denied on the phone')
    expect([atEntra.passkeys, await held(phone)]).toEqual([[], []])
    await phone.page.getByRole('link', { name: 'Done' }).click()
    await desk.page.getByRole('button', { name: /^Order again/ }).click()
    await phone.page.getByRole('heading', { name: site }).waitFor()
    await approve(phone)
    await phone.page.getByRole('heading', { name: 'Key set up' }).waitFor()
    await phone.close()
  })

  it('SEC-45 S108 a phone that is not unlocked makes no key, and may try again', async () => {
    const { person, atEntra, phone } = await ordered()
    await phone.lock.setUserVerified(false)
    await approve(phone)
    await phone.page.getByText('The phone was not unlocked').waitFor()
    await expectAccessible(phone)
    expect([atEntra.passkeys, await held(phone), (await listed(person)).includes('Asked on the phone')]).toEqual([[], [], true])
    await phone.lock.setUserVerified(true)
    await approve(phone)
    await phone.page.getByRole('heading', { name: 'Key set up' }).waitFor()
    expect(atEntra.passkeys).toHaveLength(1)
    await phone.close()
  })

  it('SEC-48 S108 a site other than the one that was shown gets no key: the phone shows it and asks anew', async () => {
    const { atEntra, phone } = await ordered()
    await phone.page.route('**/phone/api/orders/*/options', async (route) => {
      const answer = await route.fetch()
      const given = (await answer.json()) as { options: { rp: object } }
      await route.fulfill({ response: answer, json: { ...given, origin: 'https://other.example', options: { ...given.options, rp: { ...given.options.rp, id: 'other.example' } } } })
    })
    await approve(phone)
    await phone.page.getByText('The service named another site').waitFor()
    expect(await mainText(phone)).toContain('other.example')
    await expectAccessible(phone)
    expect([atEntra.passkeys, await held(phone)]).toEqual([[], []])
    await phone.close()
  })

  it('S108 S111 a key that Microsoft refuses is not kept; the phone says that it did not work, and the administrator reads why', async () => {
    const { person, atEntra, phone } = await ordered()
    const policy = scene.tenant.passkeyPolicy
    const usual = { ...policy }
    Object.assign(policy, { isAttestationEnforced: true })
    try {
      await approve(phone)
      await phone.page.getByRole('heading', { name: 'That did not work' }).waitFor()
    } finally {
      Object.assign(policy, usual)
    }
    expect(await mainText(phone)).toContain('The service did not take the key.')
    await expectAccessible(phone)
    const said = await listed(person)
    for (const words of ['Failed', 'Microsoft refused the key: a rule of the tenant does not allow it', 'Look at the check of the tenant’s policy']) expect(said).toContain(words)
    expect([atEntra.passkeys, await held(phone)]).toEqual([[], []])
    await phone.close()
  })

  it('S108 somebody whom Microsoft does not know gets nothing to make, and the administrator reads why', async () => {
    const { person, atEntra, phone } = await ordered()
    atEntra.userPrincipalName = 'renamed@keys.example'
    await approve(phone)
    await phone.page.getByRole('heading', { name: 'Nothing to set up' }).waitFor()
    expect(await listed(person)).toContain('Failed')
    expect(await held(phone)).toEqual([])
    await phone.close()
  })

  it.each(['before the key is made', 'after it'])('S108 a Microsoft that asks for patience %s leaves the order open; the phone says so and may try again', async (when) => {
    const { person, atEntra, phone } = await ordered()
    const { switches } = scene.entra
    const usual = { ...switches }
    const busy = (): void => { Object.assign(switches, { throttleNext: 9, throttleSeconds: 120 }) }
    if (when === 'before the key is made') busy()
    else await phone.page.route('**/phone/api/orders/*', (route) => { busy(); return route.continue() })
    try {
      await approve(phone)
      await phone.page.getByText('The service is busy or cannot be reached right now').waitFor()
    } finally {
      await phone.page.unroute('**/phone/api/orders/*')
      Object.assign(switches, usual, { throttleNext: 0 })
    }
    await expectAccessible(phone)
    const said = await listed(person)
    for (const words of ['Asked on the phone', 'Microsoft is busy and asks for patience.']) expect(said).toContain(words)
    expect([atEntra.passkeys, await held(phone)]).toEqual([[], []])
    current().app.advance(121_000)
    await approve(phone)
    await phone.page.getByRole('heading', { name: 'Key set up' }).waitFor()
    expect([atEntra.passkeys.length, await held(phone)]).toEqual([1, [site]])
    await phone.close()
  })

  it('S108 for a whole group each phone asks its own person', async () => {
    const { foundation, organization } = current().app
    const [one, two] = [await someone(), await someone()]
    await foundation.storage.write(async (tx) => {
      const id = await foundation.groups.create(tx, organization.id, { name: 'Keys for all', description: '' })
      for (const { person } of [one, two]) await foundation.groups.addMember(tx, organization.id, id, person.user.id)
    })
    const { page } = desk
    await page.goto(`${root}/new`)
    await page.getByLabel('Group').selectOption({ label: 'Keys for all' })
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByRole('checkbox', { name: 'Everybody of Keys for all' }).check()
    await expectAccessible(desk)
    await page.getByRole('button', { name: 'Order the key' }).click()
    await page.getByText('2 keys are ordered.').waitFor()
    for (const { phone, person, atEntra } of [one, two]) {
      await phone.page.getByRole('heading', { name: site }).waitFor()
      expect(await mainText(phone)).toContain(person.user.email)
      await approve(phone)
      await phone.page.getByRole('heading', { name: 'Key set up' }).waitFor()
      expect([atEntra.passkeys.length, (await listed(person)).includes('Registered')]).toEqual([1, true])
      await phone.close()
    }
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
