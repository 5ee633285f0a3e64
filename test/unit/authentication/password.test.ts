import { describe, expect, it } from 'vitest'
import { createHashing, readPassword, weaknessOf, type Weakness } from '../../../src/authentication/methods/password/index.ts'

const grace = ['Grace', 'Hopper', 'grace.hopper@navy.example', 'Analytical Engines']

describe('what a password may be', () => {
  it.each<[string, Weakness | undefined]>([
    ['seven quiet otters swim', undefined], ['siebenleiseotterschwimmen', undefined], ['eleven-Anchors-aweigh', undefined], ['🦦🦉🐝🦊🐢🐬🦔🦭🦩🦚🐞🦋🐙🦑🦐', 'common'], ['گربه‌ها آرام می‌خوابند', undefined], ['Übermut tut selten gut', undefined],
    ['', 'short'], ['fourteen chars', 'short'], ['tr0ub4dor&3', 'short'], ['xkqzvjwpmbydft', 'short'], ['xkqzvjwpmbydfts', undefined],
    ['aaaaaaaaaaaaaaaaaaaa', 'common'], ['abcdefghijklmnopqrst', 'common'], ['123456789012345678', 'common'], ['98765432109876543', 'common'], ['abcabcabcabcabcabc', 'common'], ['qwertyuiopasdfghjkl', 'common'], ['Password1234567890!', 'common'],
    ['passwordpassword2026', 'common'], ['correct horse battery staple', 'common'], ['Welcome-Sunshine-2024', 'common'], ['letmein letmein letmein', 'common'], ['P4ssw0rd-P4ssw0rd', 'common'],
    ['gracehopper1906!', 'personal'], ['Grace.Hopper@navy', 'personal'], ['analyticalengines1', 'personal'], ['Analytical Engines 2026', 'personal'], ['hopper keeps seven quiet otters', undefined],
  ])('SEC-52 %j is %s', (password, weakness) => {
    expect(weaknessOf(password, grace)).toBe(weakness)
  })

  it('SEC-52 SEC-53 is at most 256 characters, of any script, and no more than a kilobyte', () => {
    const long = Array.from({ length: 256 }, (_, index) => 'xkqzvjwpmbydftsgh'[(index * 7) % 17]).join('')
    expect([weaknessOf(long, []), weaknessOf(`${long}x`, [])]).toEqual([undefined, 'long'])
    expect(readPassword('x'.repeat(1_024))).toBeDefined()
    expect(readPassword('x'.repeat(1_025))).toBeUndefined()
  })

  it('SEC-64 an empty one is none', () => {
    expect(readPassword('')).toBeUndefined()
    expect(readPassword(' ')).toBe(' ')
  })

  it('SEC-52 is the same from every keyboard, and otherwise untouched', () => {
    expect(readPassword('Ka\u0308se ﬁnden')).toBe('Käse finden')
    expect(readPassword('  Two  blanks ')).toBe('  Two  blanks ')
  })
})

describe('hashing', () => {
  it('SEC-53 is Argon2id with 19 MiB, two passes and one lane, salted anew each time', async () => {
    const hashing = createHashing()
    const [one, other] = await Promise.all([hashing.hash('seven quiet otters swim'), hashing.hash('seven quiet otters swim')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(one).not.toBe(other)
    expect([await hashing.verify(one, 'seven quiet otters swim'), await hashing.verify(one, 'seven quiet otters swin')]).toEqual([true, false])
    expect([hashing.isOutdated(one), hashing.isOutdated(one.replace('t=2', 't=1'))]).toEqual([false, true])
  })

  it('P-17 runs a few at a time, refuses what would wait too long, and goes on afterwards', async () => {
    const hashing = createHashing({ atOnce: 1, maxWaiting: 2 })
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => hashing.hash('seven quiet otters swim')))
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(all.at(-1)).toMatchObject({ reason: { status: 429, retryAfterSeconds: 5 } })
    expect(await hashing.hash('seven quiet otters swim')).toContain('$argon2id$')
  })

  it('P-17 leaves the main loop to others while it works', async () => {
    const hashing = createHashing()
    let longest = 0
    let last = performance.now()
    const timer = setInterval(() => { const now = performance.now(); longest = Math.max(longest, now - last); last = now }, 1)
    await Promise.all(Array.from({ length: 12 }, () => hashing.hash('seven quiet otters swim')))
    clearInterval(timer)
    expect(last).toBeGreaterThan(0)
    expect(longest).toBeLessThan(150)
  })
})
