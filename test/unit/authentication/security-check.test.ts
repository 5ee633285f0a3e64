import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { createSecurityCheck, type SecurityCheck } from '../../../src/authentication/security-check/index.ts'
import { leadingZeroBits } from '../../../src/authentication/security-check/security-check.ts'

const start = 1_764_000_000_000
let now = start
let used = new Set<string>()
const withKey = (fill: number): SecurityCheck => createSecurityCheck({
  key: Buffer.alloc(32, fill), clock: { now: () => now }, once: (name) => Promise.resolve(!used.has(name) && used.add(name).has(name)),
})
const check = withKey(7)
beforeEach(() => { now = start; used = new Set() })

/** What the script of the page does. */
function solve(token: string, difficulty: number): string {
  for (let counter = 0; ; counter++) if (leadingZeroBits(createHash('sha256').update(`${token}:${counter}`).digest()) >= difficulty) return String(counter)
}

describe('the security check', () => {
  it('S20 passes for a script that has worked, at once', async () => {
    const { token, difficulty } = check.create()
    expect(await check.judge({ token, solution: solve(token, difficulty), sum: '' })).toBe('passed')
  })

  it('S20 passes for a person who has added, after the time that it takes to read', async () => {
    const { token, left, right } = check.create()
    expect(await check.judge({ token, solution: '', sum: String(left + right) })).toBe('failed')
    now += 800
    expect(await check.judge({ token, solution: '', sum: ` ${left + right} ` })).toBe('passed')
  })

  it('S20 asks for sums that a person can do, and for ever different work', () => {
    const views = Array.from({ length: 200 }, () => check.create())
    expect(new Set(views.map(({ token }) => token)).size).toBe(200)
    for (const { left, right } of views) {
      expect(left).toBeGreaterThanOrEqual(2)
      expect(right).toBeLessThanOrEqual(9)
    }
    expect(new Set(views.map(({ left, right }) => `${left}+${right}`)).size).toBeGreaterThan(20)
  })

  it('SEC-06 passes once, on whatever node, also for many at once', async () => {
    const { token, difficulty } = check.create()
    const answer = { token, solution: solve(token, difficulty), sum: '' }
    const results = await Promise.all(Array.from({ length: 10 }, () => check.judge(answer)))
    expect(results.toSorted()).toEqual([...Array.from({ length: 9 }, () => 'expired'), 'passed'])
  })

  it('S20 is not used up by a wrong answer', async () => {
    const { token, left, right } = check.create()
    now += 1_000
    expect(await check.judge({ token, solution: '', sum: String(left + right + 1) })).toBe('failed')
    expect(await check.judge({ token, solution: '', sum: String(left + right) })).toBe('passed')
  })

  it('S20 waits half an hour for a person, and not longer', async () => {
    const [patient, late] = [check.create(), check.create()]
    now += 1_800_000
    expect(await check.judge({ token: patient.token, solution: '', sum: String(patient.left + patient.right) })).toBe('passed')
    now += 1
    expect(await check.judge({ token: late.token, solution: '', sum: String(late.left + late.right) })).toBe('expired')
  })

  it('S20 does not take a token from the future', async () => {
    const { token, difficulty } = check.create()
    now -= 1
    expect(await check.judge({ token, solution: solve(token, difficulty), sum: '' })).toBe('expired')
  })

  it.each<[string, (token: string) => string]>([
    ['nothing', () => ''], ['dots', () => '..'], ['words', () => 'a.b.c'], ['another signature', (token) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`], ['no signature', (token) => token.slice(0, token.lastIndexOf('.') + 1)],
    ['another time', (token) => token.replace(/\.\d+\./, `.${start + 1}.`)], ['another nonce', (token) => `AAAA${token.slice(4)}`], ['the token of another installation', () => withKey(8).create().token],
  ])('S20 fails with %s for a token', async (_what, change) => {
    const { token, difficulty } = check.create()
    const changed = change(token)
    now += 1_000
    expect(await check.judge({ token: changed, solution: solve(changed, difficulty), sum: '' })).toBe('failed')
    expect(used.size).toBe(0)
  })

  it.each(['x', '-1', '1e3', '0x1', ' 1', '1 ', '1234567890123', '٣', '', '0'.repeat(100_000)])('S20 fails with %j for a solution and no sum', async (solution) => {
    const { token } = check.create()
    now += 1_000
    expect(await check.judge({ token, solution: solution.slice(0, 200), sum: '' })).toBe('failed')
  })

  it('S20 takes no work for another token', async () => {
    const [one, other] = [check.create(), check.create()]
    const solution = solve(one.token, one.difficulty)
    if (leadingZeroBits(createHash('sha256').update(`${other.token}:${solution}`).digest()) < other.difficulty) expect(await check.judge({ token: other.token, solution, sum: '' })).toBe('failed')
    expect(await check.judge({ token: one.token, solution, sum: '' })).toBe('passed')
  })
})

it.each([[[0x80], 0], [[0x40], 1], [[0x01], 7], [[0x00, 0x80], 8], [[0x00, 0x01], 15], [[0x00, 0x00], 16], [[], 0]])('counts the zeros in front of %j: %i', (bytes, zeros) => {
  expect(leadingZeroBits(Uint8Array.from(bytes))).toBe(zeros)
})
