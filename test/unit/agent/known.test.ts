import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { knownPath, loadKnown } from '../../../src/agent/known.ts'

let folder: string
let path: string
let time: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorward-known-'))
  path = knownPath(join(folder, 'state', 'pairing.json'))
  time = 1_795_510_800_000
})
afterEach(() => { rmSync(folder, { recursive: true }) })

const [secret, one, two] = [new Uint8Array(16), 'AAAA', 'BBBB']
const load = (change: { secret?: Uint8Array } = {}): ReturnType<typeof loadKnown> => loadKnown({ path, secret, now: () => time, ...change })
const kept = (): string => { try { return readFileSync(path, 'utf8') } catch { return '' } }

it('keys that were seen are known after a new start, at their own site, for this pairing', async () => {
  const known = await load()
  known.note('site.example', [one], 'here')
  known.note('site.example', [two], 'elsewhere')
  await vi.waitFor(() => { expect(Object.keys(JSON.parse(kept()) as object)).toHaveLength(2) })
  const again = await load()
  expect([again.look('site.example', one), again.look('site.example', two), again.look('site.example', 'CCCC'), again.look('other.example', one)]).toEqual(['here', 'elsewhere', undefined, undefined])
  expect((await load({ secret: new Uint8Array(16).fill(1) })).look('site.example', one)).toBeUndefined()
})

it('what is kept names no site and no key, and is for this account only', async () => {
  (await load()).note('site.example', [one], 'here')
  await vi.waitFor(() => { expect(kept()).toMatch(/^\{"[\w-]{43}":0\}$/) })
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
})

it('what was elsewhere may be here a day later; what was here stays', async () => {
  const known = await load()
  known.note('site.example', [one], 'here')
  known.note('site.example', [two], 'elsewhere')
  time += 24 * 60 * 60 * 1000 - 1
  expect(known.look('site.example', two)).toBe('elsewhere')
  time += 1
  expect([known.look('site.example', one), known.look('site.example', two)]).toEqual(['here', undefined])
})

it('a clock that ran ahead for a while keeps nothing elsewhere for longer than a day', async () => {
  time += 10 * 365 * 24 * 60 * 60 * 1000
  const known = await load()
  known.note('site.example', [two], 'elsewhere')
  expect(known.look('site.example', two)).toBe('elsewhere')
  time -= 10 * 365 * 24 * 60 * 60 * 1000
  expect(known.look('site.example', two)).toBeUndefined()
})

it('the oldest is given up when there are too many, and what cannot be read is nothing', async () => {
  const known = await load()
  const ids = Array.from({ length: 2_001 }, (_, index) => Buffer.from(`id ${index}`).toString('base64url'))
  known.note('site.example', ids.slice(0, 2_000), 'here')
  known.note('site.example', ids.slice(0, 1), 'here')
  known.note('site.example', ids.slice(2_000), 'here')
  expect(ids.filter((id) => known.look('site.example', id) === undefined)).toEqual([ids[1]])
  await vi.waitFor(() => { expect(kept()).toContain('{') })
  for (const text of ['', '[', 'null', '{"a":"b"}', '7']) {
    writeFileSync(path, text)
    expect((await load()).look('site.example', one)).toBeUndefined()
  }
})
