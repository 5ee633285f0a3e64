import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { touchKey } from '../support/ceremonies.ts'
import { registerParty, walk } from '../support/relying-party.ts'
import type { SecurityKey } from '../support/security-key.ts'

withApp('what a stranger has begun', (current) => {
  it('SEC-66 a victim who finishes it in a browser with the stranger’s cookie planted signs nobody in but themselves', async () => {
    const party = await registerParty(current())
    const { key, user } = await current().addPerson({ email: 'victim@example.com' })
    const stranger = current().browser()
    const { location: interaction = '' } = await stranger.get((await party.begin()).path, { follow: false })
    expect(interaction).toMatch(/^\/oidc\/interaction\/[\w-]+$/)
    const { path } = await stranger.get(interaction)
    expect(path).toMatch(/^\/signin\//)

    const victim = current().browser()
    victim.cookies.set('__Host-doorward-browser', stranger.cookies.get('__Host-doorward-browser') ?? '')
    await victim.get(path)
    await touchKey(victim, key as SecurityKey, path)
    expect(await current().app.parts.sessions.list(user.id, '')).toHaveLength(1)

    const taken = await stranger.get(`${interaction}/complete?signin=${path.slice('/signin/'.length)}`)
    expect(taken.location).toContain('error=login_required')
    expect(taken.location).not.toContain('code=')
    expect((await stranger.get('/profile')).path).toMatch(/^\/signin\//)
    expect((await walk(victim, (await party.begin()).path)).location).toContain('code=')
  })
})
