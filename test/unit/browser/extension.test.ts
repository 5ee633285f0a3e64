import { describe, expect, it } from 'vitest'
import { computerName } from '../../../src/browser/extension/computer-name.ts'
import { judge, originOf } from '../../../src/browser/extension/page-rules.ts'
import type { BridgeRequest } from '../../../src/browser/extension/page-wire.ts'
import { isUnanswered, lateTrouble, outcomeOf, readProxied, siteErrorOf, siteName, timeOf } from '../../../src/browser/extension/request.ts'
import { firstSettings, firstStanding, rulesOf, type Trouble } from '../../../src/browser/extension/settings.ts'
import { afterUnanswered, changesAt, needsClick, positionOf, type Facts } from '../../../src/browser/extension/switch.ts'

const now = 1_795_510_800_000
const facts = (change: { settings?: object; standing?: object; rules?: object; phones?: number } = {}): Facts => ({
  settings: { ...firstSettings, ...change.settings }, standing: { ...firstStanding, ...change.standing }, rules: { server: null, use: null, ...change.rules }, phones: change.phones ?? 1,
})

describe('a request that nobody may have clicked', () => {
  it.each<[string, Parameters<typeof facts>[0], 'create' | 'get', boolean | undefined, boolean]>([
    ['goes on within the minutes after a click', { settings: { use: 'minutes' } }, 'create', undefined, false],
    ['waits within them too when it comes from behind', { settings: { use: 'minutes' } }, 'get', false, true],
    ['waits for a new key where it is always, even from the page in front', { settings: { use: 'always' } }, 'create', true, true],
    ['waits where nobody can see which page is in front', { settings: { use: 'always' } }, 'get', undefined, true],
    ['waits where it comes from behind', { settings: { use: 'always' } }, 'get', false, true],
    ['goes on from the page in front', { settings: { use: 'always' } }, 'get', true, false],
    ['waits where a policy says always', { rules: { use: 'always' } }, 'get', undefined, true],
  ])('SEC-48 %s', (_what, change, kind, inFront, waits) => { expect(needsClick(facts(change), kind, inFront)).toBe(waits) })
})

describe('the switch of the extension', () => {
  it.each<[string, Parameters<typeof facts>[0], string]>([
    ['off before anybody chose', {}, 'off'],
    ['without a phone whatever is chosen', { phones: 0, settings: { use: 'always' } }, 'unpaired'],
    ['on for the minutes after a click', { settings: { use: 'minutes', until: now + 1 } }, 'on'],
    ['off when they are over', { settings: { use: 'minutes', until: now } }, 'off'],
    ['on when it is always', { settings: { use: 'always' } }, 'on'],
    ['paused for another key', { settings: { use: 'always' }, standing: { pausedUntil: now + 1 } }, 'paused'],
    ['on again after the pause', { settings: { use: 'always' }, standing: { pausedUntil: now } }, 'on'],
    ['resting after too many requests', { settings: { use: 'always' }, standing: { resting: true } }, 'resting'],
    ['off where a policy says so', { settings: { use: 'always' }, rules: { use: 'off' } }, 'off'],
    ['on where a policy says so', { rules: { use: 'always' } }, 'on'],
  ])('is %s', (_title, change, position) => {
    expect(positionOf(facts(change), now)).toBe(position)
  })

  it('knows when it changes by itself', () => {
    expect(changesAt(facts(), now)).toBeUndefined()
    expect(changesAt(facts({ settings: { use: 'minutes', until: now + 600_000 } }), now)).toBe(now + 600_000)
    expect(changesAt(facts({ settings: { use: 'minutes', until: now + 600_000 }, standing: { pausedUntil: now + 60_000 } }), now)).toBe(now + 60_000)
    expect(changesAt(facts({ settings: { use: 'minutes', until: now + 600_000 }, rules: { use: 'always' } }), now)).toBeUndefined()
  })

  it('S120 leaves the phone alone after the third request in ten minutes that nobody answered, and not when they lie apart', () => {
    let standing = { unanswered: [] as readonly number[], resting: false }
    for (const minute of [0, 4, 8]) standing = afterUnanswered(standing, now + minute * 60_000)
    expect(standing.resting).toBe(true)
    standing = { unanswered: [], resting: false }
    for (const minute of [0, 6, 12, 18]) standing = afterUnanswered(standing, now + minute * 60_000)
    expect(standing.resting).toBe(false)
  })
})

describe('a request that the browser hands over', () => {
  const details = (told?: object, more: object = {}): string => JSON.stringify({ challenge: 'AAAA', rpId: 'bank.example', timeout: 180_000, extensions: { credProps: true, ...(told ? { remoteDesktopClientOverride: told } : {}) }, ...more })

  it('SEC-48 has its origin by the browser, and what the browser added goes no further', () => {
    const read = readProxied(details({ origin: 'https://login.bank.example', sameOriginWithAncestors: false }))
    expect(read).toMatchObject({ origin: 'https://login.bank.example', crossOrigin: true, milliseconds: 120_000, options: { rpId: 'bank.example', extensions: { credProps: true } } })
    expect(JSON.stringify(read)).not.toContain('remoteDesktopClientOverride')
    expect(readProxied(JSON.stringify({ challenge: 'AAAA', extensions: { remoteDesktopClientOverride: { origin: 'https://a.example', sameOriginWithAncestors: true } } }))?.options).toEqual({ challenge: 'AAAA' })
  })

  it.each([[undefined], [{ origin: 'https://a.example' }], [{ sameOriginWithAncestors: true }], [{ origin: 7, sameOriginWithAncestors: true }]])('SEC-48 is not asked of anybody when the browser does not say whose it is: %j', (told) => {
    expect(readProxied(details(told))).toBeUndefined()
  })

  it('has the time that its site gives, between ten seconds and two minutes', () => {
    expect([undefined, 0, 500, 30_000, 180_000, 'x'].map(timeOf)).toEqual([120_000, 120_000, 10_000, 30_000, 120_000, 120_000])
  })
})

describe('a request whose time was up', () => {
  it.each<[Trouble, Parameters<typeof lateTrouble>[1], Trouble]>([
    ['too_late', [], 'unseen'], ['too_late', ['sent'], 'unseen'], ['too_late', ['sent', 'reached'], 'too_late'], ['too_late', ['sent', 'reached', 'shown', 'sent'], 'too_late'], ['denied', ['sent'], 'denied'],
  ])('S86 %s after %j is told as %s', (trouble, stages, said) => { expect(lateTrouble(trouble, stages)).toBe(said) })
})

describe('what a site hears', () => {
  const troubles: readonly Trouble[] = ['denied', 'reported', 'no_key', 'other_site', 'excluded', 'not_unlocked', 'too_late', 'busy', 'not_supported', 'invalid', 'offline', 'removed', 'far', 'limit', 'no_phone', 'unseen', 'cancelled', 'stopped', 'tampered']

  it('S86 is the same whether the person refused, has no key there or is away', () => {
    const told = new Set(troubles.filter((trouble) => !['other_site', 'excluded', 'not_supported'].includes(trouble)).map((trouble) => JSON.stringify(siteErrorOf(trouble))))
    expect(told.size).toBe(1)
    expect(siteErrorOf('denied')).toEqual({ name: 'NotAllowedError', message: 'The operation either timed out or was not allowed.' })
    expect(['excluded', 'other_site', 'not_supported'].map((trouble) => siteErrorOf(trouble as Trouble).name)).toEqual(['InvalidStateError', 'SecurityError', 'NotSupportedError'])
  })

  it('is what the phone signed, and nothing that it did not', () => {
    expect(outcomeOf({ kind: 'answer', response: { id: 'x' } })).toEqual({ kind: 'answer', response: { id: 'x' } })
    expect(outcomeOf({ kind: 'refused', reason: 'denied' })).toEqual({ kind: 'trouble', trouble: 'denied' })
    expect(outcomeOf({ kind: 'ctap', response: 'AA' })).toEqual({ kind: 'trouble', trouble: 'not_supported' })
  })

  it('counts as unanswered only when nobody was there', () => {
    expect(troubles.filter(isUnanswered)).toEqual(['too_late', 'offline', 'unseen'])
  })
})

describe('a request of a script in a page', () => {
  const request = (change: Partial<BridgeRequest> = {}): BridgeRequest => ({ kind: 'get', options: { rpId: 'bank.example' }, chosen: false, secure: true, activated: true, sameOriginWithAncestors: true, permitted: true, ...change })
  const origin = 'https://login.bank.example'

  it('SEC-48 is taken with its origin, its RP ID and whether it comes from a frame', () => {
    expect(judge(request(), origin)).toMatchObject({ origin, crossOrigin: false, options: { rpId: 'bank.example' } })
    expect(judge(request({ options: {} }), origin)).toMatchObject({ options: { rpId: 'login.bank.example' } })
    expect(judge(request({ kind: 'create', options: { rp: {} } }), origin)).toMatchObject({ options: { rp: { id: 'login.bank.example' } } })
    expect(judge(request({ sameOriginWithAncestors: false }), origin)).toMatchObject({ crossOrigin: true })
    expect(judge(request({ activated: false, chosen: true }), origin)).toMatchObject({ origin })
    expect(judge(request({ options: {} }), 'http://localhost:8080')).toMatchObject({ options: { rpId: 'localhost' } })
  })

  it.each<[string, Partial<BridgeRequest>, string]>([
    ['for another site', { options: { rpId: 'other.example' } }, origin],
    ['for a public suffix', { options: { rpId: 'example' } }, origin],
    ['for a public suffix that people register below', { options: { rpId: 'co.uk' } }, 'https://bank.co.uk'],
    ['for a site that ends alike', { options: { rpId: 'ank.example' } }, origin],
    ['for something that is no name', { options: { rpId: 7 } }, origin],
    ['without a secure page', { secure: false }, origin],
    ['over plain HTTP', {}, 'http://bank.example'],
    ['from a page without an origin', {}, 'null'],
    ['without a click', { activated: false }, origin],
    ['where the page is forbidden to', { permitted: false }, origin],
    ['from a strange frame, where the browser does not tell what it may', { permitted: null, sameOriginWithAncestors: false }, origin],
  ])('SEC-48 is left to the browser %s', (_title, change, from) => {
    expect(judge(request(change), from)).toBe('native')
  })

  it('SEC-48 comes from where the browser says', () => {
    expect(originOf({ origin: 'https://a.example', url: 'https://b.example/' })).toBe('https://a.example')
    expect(originOf({ url: 'https://b.example:8443/path?x' })).toBe('https://b.example:8443')
    expect([originOf(undefined), originOf({}), originOf({ url: 'about:blank' }), originOf({ url: 'data:text/html,x' })]).toEqual([undefined, undefined, undefined, undefined])
  })
})

describe('what the extension says of itself and takes from an administrator', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36', 'Chrome on Linux'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0', 'Edge on Windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0', 'Firefox on macOS'],
    ['something else', 'Browser on a computer'],
  ])('S105 names the computer: %s', (userAgent, name) => {
    expect(computerName(userAgent)).toBe(name)
  })

  it('takes an address and a switch, and nothing else', () => {
    expect(rulesOf({ server: 'https://id.engines.example/', use: 'always' })).toEqual({ server: 'https://id.engines.example', use: 'always' })
    expect(rulesOf({ server: 'http://localhost:8080', use: 'off' })).toEqual({ server: 'http://localhost:8080', use: 'off' })
    for (const server of ['http://id.engines.example', 'https://id.engines.example/path', 'https://ada@id.engines.example', 'javascript:alert(1)', 'id.engines.example', 7, undefined]) expect(rulesOf({ server, use: 'minutes' }), String(server)).toEqual({ server: null, use: null })
  })

  it('names a site as a person would', () => {
    expect([siteName('https://bank.example'), siteName('http://localhost:8080'), siteName('null')]).toEqual(['bank.example', 'localhost:8080', 'null'])
  })
})
