import { expect, it } from 'vitest'
import { plain } from '../../../src/browser/plain.ts'

it('SEC-79 a text that others chose is one line of bounded length, in which nothing turns its direction or hides', () => {
  for (const [text, shown] of [
    ['Ada Lovelace', 'Ada Lovelace'], ['  spaced \t out\n', 'spaced out'], ['moc.knab\u202egnihsif', 'moc.knabgnihsif'], ['\u2066a\u2069\u200eb\u200fc\u061cd', 'abcd'], ['pay\u200bpal\ufeff', 'paypal'], ['line\u2028next\u0000', 'line next'],
    ['علی\u200cرضا', 'علی\u200cرضا'], ['👩\u200d💻', '👩\u200d💻'], ['\ud800', '\ufffd'], ['\u202e', ''],
  ] as const) expect(plain(text)).toBe(shown)
  expect(plain('x'.repeat(100))).toBe('x'.repeat(100))
  expect(plain('x'.repeat(60_000))).toBe(`${'x'.repeat(99)}…`)
  expect([...plain('👩'.repeat(200))].length).toBe(100)
  expect(plain('x'.repeat(300), 200)).toHaveLength(200)
})
