import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { codeAt, formatSeed, keyUri, matchingStep, newSeed, qrPicture, stepOf } from '../../../src/authentication/methods/totp/index.ts'
import { skipWithout } from '../../support/skip.ts'

/** "12345678901234567890" in base32. */
const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const at = (seconds: number): number => seconds * 1_000

describe('codes of an authenticator app', () => {
  it.each([[59, '94287082'], [1_111_111_109, '07081804'], [1_111_111_111, '14050471'], [1_234_567_890, '89005924'], [2_000_000_000, '69279037'], [20_000_000_000, '65353130']])('RFC 6238 appendix B at %i seconds: %s', (seconds, code) => {
    expect(codeAt(seed, stepOf(at(seconds)), 8)).toBe(code)
    expect(codeAt(seed, stepOf(at(seconds)))).toBe(code.slice(2))
  })

  it('SEC-57 fit one step early or late and no further', () => {
    const now = at(1_234_567_890)
    const today = stepOf(now)
    expect([-2, -1, 0, 1, 2].map((shift) => matchingStep(seed, codeAt(seed, today + shift), now))).toEqual([undefined, today - 1, today, today + 1, undefined])
    expect(matchingStep(seed, '000000', now)).toBeUndefined()
    expect(matchingStep(newSeed(), codeAt(seed, today), now)).toBeUndefined()
  })

  it('SEC-57 come from 160 random bits', () => {
    const seeds = new Set(Array.from({ length: 50 }, newSeed))
    expect(seeds.size).toBe(50)
    for (const one of seeds) expect(one).toMatch(/^[A-Z2-7]{32}$/)
  })

  it('are carried into an app by an address, as picture and as text', () => {
    const uri = keyUri(seed, 'Analytical Engines: Ltd', 'ada@engines.example')
    const url = new URL(uri)
    expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual(['otpauth:', 'totp', expect.stringContaining('ada@engines.example')])
    expect(Object.fromEntries(url.searchParams)).toEqual({ issuer: 'Analytical Engines: Ltd', secret: seed, algorithm: 'SHA1', digits: '6', period: '30' })
    expect(formatSeed(seed)).toBe('GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ')
    expect(qrPicture(uri)).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]*>/)
    expect(qrPicture(uri)).not.toMatch(/style=|<script|GEZD/)
  })

  describe('beside another maker of them', () => {
    skipWithout(hasOathtool() ? undefined : 'oathtool is not installed here')
    it('are those of oathtool', () => {
      for (const seconds of [59, 1_111_111_109, 1_764_000_000]) {
        const other = execFileSync('oathtool', ['--totp', '--base32', '--now', new Date(at(seconds)).toISOString().slice(0, 19).replace('T', ' ') + ' UTC', seed], { encoding: 'utf8' }).trim()
        expect(codeAt(seed, stepOf(at(seconds)))).toBe(other)
      }
    })
  })
})

function hasOathtool(): boolean {
  try {
    execFileSync('oathtool', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
