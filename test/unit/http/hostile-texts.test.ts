import { Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { redirectUriProblem } from '../../../src/applications/index.ts'
import { csvLine } from '../../../src/audit/index.ts'
import { readCode } from '../../../src/authentication/methods/code/index.ts'
import { readRecoveryCode } from '../../../src/authentication/methods/recovery-code/index.ts'
import { describeDevice } from '../../../src/authentication/sessions/index.ts'
import { safeReturnPath } from '../../../src/authentication/signin/index.ts'
import { networkOf } from '../../../src/authentication/throttle/index.ts'
import { foldText, readName, slugOf } from '../../../src/directory/index.ts'
import { readForm } from '../../../src/http/form.ts'
import { richText } from '../../../src/http/views/helpers.ts'
import { normaliseEmail, normalisePhone } from '../../../src/messaging/index.ts'
import { startOfDay } from '../../../src/panels/admin/audit-filter.ts'
import { readKeySet } from '../../../src/panels/admin/key-set.ts'
import { linkTokenIn } from '../../../src/panels/admin/message-rule.ts'

const size = 100_000
/** What makes careless expressions try everything: long runs, almost-endings, nested openings, letters of many bytes. */
const texts: Readonly<Record<string, string>> = {
  blanks: `a${' '.repeat(size)}b`, tabs: `\t`.repeat(size), dots: `a${'.a'.repeat(size / 2)}@`, ats: '@'.repeat(size), stars: '**a'.repeat(size / 3), 'open stars': `${'*'.repeat(size)}x`, percents: '%2e/'.repeat(size / 4),
  slashes: `/${'/'.repeat(size)}`, 'dot segments': `https://a.example/${'../'.repeat(size / 3)}`, digits: '٣'.repeat(size), brackets: '{'.repeat(size), 'nested lists': '['.repeat(size), marks: `a${'\u0301'.repeat(size)}`,
  ligatures: '\ufdfa'.repeat(size / 10), surrogates: '\ud83d'.repeat(size), agents: 'Chrome/Edg/Safari/ '.repeat(size / 19), quotes: '"'.repeat(size), dashes: '-'.repeat(size), hosts: `https://${'a.'.repeat(size / 2)}/`, colons: ':'.repeat(size),
}

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  normaliseEmail, 'normaliseEmail of a host': (text) => normaliseEmail(`a@${text.slice(0, 900)}`), normalisePhone: (text) => normalisePhone(`+49${text}`), readName, slugOf, foldText, readCode, readRecoveryCode, describeDevice,
  safeReturnPath: (text) => safeReturnPath(`/${text}`), networkOf, richText, csvLine: (text) => csvLine([text]), readKeySet, linkTokenIn: (text) => linkTokenIn(`${text}https://a/invitation/${text}`, 'https://a'),
  'redirectUriProblem of a web application': (text) => redirectUriProblem(text, 'web'), 'redirectUriProblem of a phone’s': (text) => redirectUriProblem(`com.example.app:/${text}`, 'public'),
}

describe('long and evil texts', () => {
  it.each(Object.entries(readers))('SEC-87 %s is done with any 100 kB at once', (_name, read) => {
    for (const [name, text] of Object.entries(texts)) {
      const started = performance.now()
      read(text)
      expect(performance.now() - started, name).toBeLessThan(500)
    }
    expect(startOfDay('2026-11-25', 'UTC')).toBe(Date.UTC(2026, 10, 25))
  })

  it.each([
    ['half a million empty fields', 'application/x-www-form-urlencoded', '&a'.repeat(500_000)], ['a million percent signs', 'application/x-www-form-urlencoded', `a=${'%'.repeat(1_000_000)}`],
    ['ten thousand parts', 'multipart/form-data; boundary=b', `${'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'.repeat(17_000)}--b--\r\n`],
    ['a boundary that almost comes', 'multipart/form-data; boundary=b', `--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n${'\r\n--'.repeat(250_000)}\r\n--b--\r\n`],
  ])('SEC-86 a form of a megabyte with %s is read or refused at once', async (_name, type, body) => {
    const request = Object.assign(Readable.from([Buffer.from(body)]), { headers: { 'content-type': type } }) as unknown as IncomingMessage
    const started = performance.now()
    await readForm(request, 1_048_576).catch(() => undefined)
    expect(performance.now() - started).toBeLessThan(500)
  })
})
