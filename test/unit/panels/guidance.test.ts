import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defaultSettings } from '../../../src/directory/index.ts'
import { stateOf, stepRows, steps, stepsCard, type StepFacts } from '../../../src/panels/account/first-steps.ts'
import { crossDeviceWays } from '../../../src/panels/admin/cross-device.ts'
import { topics } from '../../../src/panels/guidance/index.ts'

const pictures = readFileSync(new URL('../../../views/assets/icons/pictures.svg', import.meta.url), 'utf8')

describe('help', () => {
  it('S107 has a picture for every topic and no picture without one', () => {
    expect([...pictures.matchAll(/<symbol id="([\w-]+)"/g)].map(([, id]) => id).toSorted()).toEqual(topics.map(({ name }) => name).toSorted())
  })

  it('S126 draws its pictures from nothing but its own lines', () => {
    expect(pictures.match(/href|url\(|<image|<script|<style|http:\/\/(?!www\.w3\.org\/2000\/svg)|https:/)).toBeNull()
  })

  it('S56 leads from each topic to others that are there', () => {
    const names = topics.map(({ name }) => name)
    for (const { name, see } of topics) {
      expect(see.length, name).toBeGreaterThan(0)
      expect(see.filter((other) => other === name || !names.includes(other)), name).toEqual([])
    }
  })
})

describe('first steps', () => {
  const newcomer: StepFacts = { phones: { active: 0, pending: false }, phonesAllowed: true, keys: [], microsoft: 'not_needed' }
  const states = (facts: Partial<StepFacts>): string[] => steps.map((step) => stateOf(step, { ...newcomer, ...facts }))

  it.each([
    ['nothing yet', {}, 'open not_needed open not_needed not_needed open'],
    ['an activation was sent', { phones: { active: 0, pending: true } }, 'open not_needed waiting not_needed not_needed open'],
    ['a key and no phone', { keys: [{ lastUsedAt: null }] }, 'not_needed not_needed not_needed not_needed not_needed open'],
    ['a key, and an activation was sent beside it', { keys: [{ lastUsedAt: 1 }], phones: { active: 0, pending: true } }, 'open not_needed waiting not_needed not_needed done'],
    ['a phone that has signed in', { keys: [{ lastUsedAt: 1 }], phones: { active: 1, pending: false } }, 'done not_needed done not_needed not_needed done'],
    ['a phone, and another one on its way', { keys: [{ lastUsedAt: 1 }], phones: { active: 1, pending: true } }, 'done not_needed done not_needed not_needed done'],
    ['no phone may approve here', { phonesAllowed: false }, 'not_needed not_needed not_needed not_needed not_needed open'],
    ['Microsoft was done by an administrator', { microsoft: 'done_by_admin' }, 'open not_needed open not_needed done_by_admin open'],
  ] as const)('S96 S109 S118 %s', (_title, facts, expected) => {
    expect(states(facts).join(' ')).toBe(expected)
  })

  it('S118 the card counts what is needed, and is gone once nothing is left', () => {
    const rows = stepRows({ ...newcomer, microsoft: 'done_by_admin' }, () => [])
    expect(stepsCard(rows)).toMatchObject({ done: 1, all: 4, open: [{ name: 'app' }, { name: 'activate' }, { name: 'sign_in' }] })
    expect(stepsCard(stepRows({ ...newcomer, keys: [{ lastUsedAt: 1 }], phones: { active: 1, pending: false } }, () => []))).toBeNull()
  })
})

describe('the assessment of ways across devices', () => {
  const stateOfCode = (methods: Partial<typeof defaultSettings.methods>): string | undefined => crossDeviceWays({ ...defaultSettings.methods, ...methods }).find(({ id }) => id === 'code')?.state

  it('SEC-40 names a threat and an answer for each, and calls none but the key of the browser phishing-resistant', () => {
    const ways = crossDeviceWays(defaultSettings.methods)
    expect(ways.filter(({ attacks, measures }) => attacks.length === 0 || measures.length === 0)).toEqual([])
    expect(ways.filter(({ resistant }) => resistant).map(({ id }) => id)).toEqual(['hybrid'])
  })

  it('SEC-47 a code to scan is on only where phones may approve', () => {
    expect([stateOfCode({ phone: true, phoneCode: true }), stateOfCode({ phone: true, phoneCode: false }), stateOfCode({ phone: false, phoneCode: true })]).toEqual(['on', 'off', 'off'])
  })
})
