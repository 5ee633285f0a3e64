import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { InvalidRequest, TooLarge } from '../../../src/errors.ts'
import { readBody, readForm } from '../../../src/http/form.ts'

function request(body: string | readonly Buffer[], headers: Readonly<Record<string, string>> = { 'content-type': 'application/x-www-form-urlencoded' }): IncomingMessage {
  return Object.assign(Readable.from(typeof body === 'string' ? [Buffer.from(body)] : [...body]), { headers }) as unknown as IncomingMessage
}

describe('a form', () => {
  it('gives trimmed texts, all of several, what is checked, and nothing for what is not there', async () => {
    const form = await readForm(request('name=+Ada+Lovelace+&group=a&group=+b&box=yes&empty=&%E2%9C%93=%F0%9F%97%9D'), 1_000)
    expect(form.text('name')).toBe('Ada Lovelace')
    expect(form.all('group')).toEqual(['a', ' b'])
    expect([form.checked('box'), form.checked('empty'), form.checked('other')]).toEqual([true, false, false])
    expect([form.text('empty'), form.text('other')]).toEqual(['', ''])
    expect(form.all('other')).toEqual([])
    expect(form.text('✓')).toBe('🗝')
    expect(form.file('name')).toBeUndefined()
  })

  it('SEC-86 does not choose between two values', async () => {
    const form = await readForm(request('role=user&role=owner'), 1_000)
    expect(() => form.text('role')).toThrow(InvalidRequest)
    expect(() => form.checked('role')).toThrow('the field role came 2 times')
  })

  it('SEC-86 is as large as it may be, by its word and by its bytes', async () => {
    expect((await readBody(request('x'.repeat(100)), 100)).length).toBe(100)
    await expect(readBody(request('x'.repeat(101)), 100)).rejects.toThrow(TooLarge)
    await expect(readBody(request('x', { 'content-length': '101' }), 100)).rejects.toThrow('more than 100 bytes')
    await expect(readBody(request([Buffer.alloc(60), Buffer.alloc(60)], { 'content-length': '60' }), 100)).rejects.toThrow(TooLarge)
    let given = 0
    const endless = Object.assign(Readable.from((async function* () { for (;;) { given++; yield await Promise.resolve(Buffer.alloc(50)) } })()), { headers: {} }) as unknown as IncomingMessage
    await expect(readBody(endless, 100)).rejects.toThrow(TooLarge)
    expect(given).toBeLessThan(50)
  })

  it.each(['', 'application/json', 'text/plain', 'application/x-www-form-urlencodedx', 'multipart/mixed', ' application/x-www-form-urlencoded'])('SEC-67 is nothing of type %j', async (type) => {
    await expect(readForm(request('a=b', { 'content-type': type }), 100)).rejects.toThrow(InvalidRequest)
  })

  it('says no more of a strange type than a line', async () => {
    const error = await readForm(request('a=b', { 'content-type': 'x'.repeat(5_000) }), 100).catch((thrown: unknown) => thrown)
    expect((error as Error).message.length).toBeLessThan(100)
  })
})
