import { expect, it } from 'vitest'
import { read } from '../../../src/phones/computers/read.ts'
import { aPoint } from '../../support/fake-computer.ts'

const body = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

it('SEC-79 a computer has a name that turns the direction of no line', () => {
  const offer = { offer: 'a'.repeat(43), signingKey: aPoint(), agreementKey: aPoint(), kind: 'agent', name: 'Programs on تهران', version: '1' }
  expect(read('offer', body(offer))).toEqual(offer)
  for (const name of ['moc.knab\u202egnihsif', '\u2066laptop', 'lap\u200ftop', 'lap\u2028top', 'lap\u0000top']) expect(read('offer', body({ ...offer, name })), name).toBeUndefined()
})

it('SEC-79 what a site says of itself and its accounts turns no line, and what a program calls its site is kept', () => {
  const use = { computer: null, action: 'signed_in', outcome: 'success', site: 'shop.example', siteName: 'The Shop', account: 'ada', id: 'a'.repeat(22) }
  expect(read('use', body({ ...use, siteName: 'moc.knab\u202eThe\u2028 Shop\u2069', account: '\u200fada\u0007' }))).toEqual({ ...use, siteName: 'moc.knabThe Shop' })
  for (const site of ['ssh:', 'ssh:ada@host', '[::1]', 'xn--bcher-kva.example']) expect(read('use', body({ ...use, site }))?.site).toBe(site)
  for (const site of ['', 'shop example', 'b\u00fccher.example', 'moc.knab\u202egnihsif', 'x'.repeat(254)]) expect(read('use', body({ ...use, site })), site).toBeUndefined()
})
