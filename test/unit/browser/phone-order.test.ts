import { afterEach, expect, it, vi } from 'vitest'
import { browserModule, openPhonePage } from '../../support/phone-page.ts'

afterEach(() => { vi.unstubAllGlobals() })

it('S108 whoever leaves an order while the phone is locked has approved nothing, and stays where they went', async () => {
  const page = openPhonePage()
  class Element {}
  for (const name of ['HTMLFormElement', 'HTMLTimeElement', 'HTMLAnchorElement', 'HTMLInputElement']) vi.stubGlobal(name, Element)
  class PublicKeyCredential { readonly response = new AuthenticatorAssertionResponse() }
  class AuthenticatorAssertionResponse { readonly authenticatorData = new Uint8Array(37).fill(0xff).buffer }
  vi.stubGlobal('PublicKeyCredential', PublicKeyCredential)
  vi.stubGlobal('AuthenticatorAssertionResponse', AuthenticatorAssertionResponse)
  let touch: () => void = () => undefined
  vi.stubGlobal('navigator', { credentials: { get: () => new Promise((resolve) => { touch = () => { resolve(new PublicKeyCredential()) } }) } })
  let tap: (event: object) => void = () => undefined
  const main = { dataset: {} as Record<string, string>, replaceChildren: () => undefined, querySelector: () => null, querySelectorAll: () => [], focus: () => undefined }
  const button = () => ({ dataset: { act: 'approve' }, addEventListener: (_type: string, hear: typeof tap) => { tap = hear } })
  const template = { content: { cloneNode: () => ({ querySelectorAll: (selector: string) => (selector === '*' ? [button()] : []) }), querySelector: () => null } }
  const found = (selector: string): object | null => (selector === '#main' ? main : selector.startsWith('#screen') || selector === '#texts' ? template : null)
  vi.stubGlobal('document', { documentElement: { lang: 'en' }, querySelector: found })
  vi.stubGlobal('CSS', { escape: (text: string) => text })
  vi.stubGlobal('scrollTo', () => undefined)

  const { showOrder, leaveOrder } = await browserModule<{ showOrder(app: object, held: object, order: object): void; leaveOrder(): void }>('phone/order-screen.ts')
  const held = { id: 'work', account: { kind: 'business', organization: 'Engines', email: 'ada@engines.example' }, phone: { hue: 255 }, key: (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])).privateKey }
  const order = { id: 'order', site: 'login.microsoft.com', account: 'ada', by: 'Grace', createdAt: 0, expiresAt: Number.MAX_SAFE_INTEGER }
  const approve = async (leaves: boolean): Promise<number> => {
    showOrder({ keys: [] }, held, order)
    tap({ preventDefault: () => undefined })
    if (leaves) {
      leaveOrder()
      main.dataset['screen'] = 'help'
    }
    touch()
    await new Promise((resolve) => { setTimeout(resolve, 50) })
    return page.calls.length
  }
  expect([await approve(true), main.dataset['screen']]).toEqual([0, 'help'])
  expect(await approve(false)).toBeGreaterThan(0)
})
