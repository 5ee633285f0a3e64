import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { aConnection, pairComputer } from '../support/fake-computer.ts'
import { givePhone } from '../support/fake-phone.ts'
import { textOf } from '../support/pages.ts'

let count = 0

withApp('paired computers on the panels', (current) => {
  async function someone() {
    const { user } = await current().addPerson({ email: `panel${++count}@example.com`, withKey: false })
    const phone = await givePhone(current(), user)
    return { user, phone, panel: await current().signedIn({ user, key: phone.passkey }) }
  }

  it('S105 a person sees the computers under their phone and removes one, which ends at once and is told by mail', async () => {
    const { user, phone, panel } = await someone()
    const [computer, other] = [await pairComputer(current(), phone, 'Chrome on Linux'), await pairComputer(current(), phone, 'Firefox on Windows')]
    const { body } = await panel.get('/security')
    expect(textOf(body)).toMatch(/Pixel.*Chrome on Linux Browser extension · Paired/)
    expect(textOf(body)).toContain('Firefox on Windows')
    const removal = `/security/computers/${computer.id}/removal`
    expect(body).toContain(`href="${removal}"`)
    expect(textOf((await panel.get(removal)).body)).toContain('Chrome on Linux can ask your phone for no key')
    expect(textOf((await panel.post(removal)).body)).toContain('The computer was removed.')
    expect(await computer.post(aConnection(), 0)).toMatchObject({ status: 409, body: { error: 'removed' } })
    expect((await other.post(aConnection(), 0)).status).toBe(200)
    expect(textOf((await panel.get('/security')).body)).not.toContain('Chrome on Linux Browser extension')
    expect((await current().letters(user.email)).some(({ template, text }) => template === 'way-changed' && text.includes('was removed from your phone'))).toBe(true)
    expect((await panel.get(removal)).status).toBe(404)
    const { events } = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, action: 'computer.removed', limit: 5 })
    expect(events).toMatchObject([{ details: { by: 'person', phone: 'Pixel' }, target: { kind: 'computer', name: 'Chrome on Linux' } }])
  })

  it('SEC-73 nobody removes the computer of somebody else, nor without a fresh proof', async () => {
    const [mine, theirs] = [await someone(), await someone()]
    const computer = await pairComputer(current(), mine.phone)
    const path = `/security/computers/${computer.id}/removal`
    expect((await theirs.panel.get(path)).status).toBe(404)
    await theirs.panel.get('/security')
    expect((await theirs.panel.post(path)).status).toBe(404)
    const stale = await current().signedIn({ user: mine.user, key: mine.phone.passkey }, { fresh: false })
    expect((await stale.get(path)).path).not.toBe(path)
    expect((await computer.pairing()).body.state).toBe('active')
  })

  it('S77 the page that adds a key says whether a phone is paired, and what is missing', async () => {
    const without = await current().addPerson({ email: 'nophone@example.com' })
    expect(textOf((await (await current().signedIn(without)).get('/security/keys/new')).body)).toContain('activate it first')
    const { phone, panel } = await someone()
    expect(textOf((await panel.get('/security/keys/new')).body)).toContain('pair it first')
    await pairComputer(current(), phone)
    const page = textOf((await panel.get('/security/keys/new')).body)
    expect(page).toContain('Chrome on Linux reaches Pixel.')
    expect(page).not.toContain('pair it first')
  })

  it('S105 the help desk sees a person’s computers and removes one; what they may not do to owners, they may not do here', async () => {
    const desk = await current().signedIn(await current().addPerson({ email: 'desk@example.com', role: 'helpdesk' }))
    const { user, phone } = await someone()
    const computer = await pairComputer(current(), phone)
    expect(textOf((await desk.get(`/admin/users/${user.id}`)).body)).toContain('Chrome on Linux')
    const path = `/admin/users/${user.id}/computers/${computer.id}/removal`
    expect(textOf((await desk.get(path)).body)).toContain('Remove the computer “Chrome on Linux”')
    expect(textOf((await desk.post(path)).body)).toContain('The computer Chrome on Linux was removed.')
    expect((await computer.pairing()).body.state).toBe('removed')
    expect((await current().letters(user.email)).some(({ text }) => text.includes('was removed from your phone'))).toBe(true)

    const { user: owner } = await current().addPerson({ email: 'boss@example.com', role: 'owner', withKey: false })
    const theirs = await pairComputer(current(), await givePhone(current(), owner))
    const page = await desk.get(`/admin/users/${owner.id}`)
    expect(page.body).not.toContain(`/computers/${theirs.id}/removal`)
    await desk.post(`/admin/users/${owner.id}/computers/${theirs.id}/removal`)
    expect((await theirs.pairing()).body.state).toBe('active')
    await desk.get(`/admin/users/${user.id}`)
    expect((await desk.post(`/admin/users/${user.id}/computers/${theirs.id}/removal`)).status).toBe(404)

    const elsewhere = await current().addOrganization(`Difference Engines ${++count}`)
    const foreign = await current().signedIn(await current().addPerson({ email: `foreign${count}@example.org`, role: 'owner', organization: elsewhere }))
    expect((await foreign.get(`/admin/users/${owner.id}/computers/${theirs.id}/removal`)).status).toBe(404)
  })
})
