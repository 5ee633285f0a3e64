import { afterEach, expect, it, vi } from 'vitest'
import { browserModule, openPhonePage } from '../../support/phone-page.ts'

afterEach(() => { vi.unstubAllGlobals() })

it('SEC-50 a key that is taken off the phone takes its computers and its passkeys with it, and no others', async () => {
  const { stores } = openPhonePage()
  const key = (id: string) => ({ id, lost: 'suspended', phone: { createdAt: 0 }, state: null })
  stores.set('keys', new Map(['work', 'home'].map((id) => [id, key(id)])))
  stores.set('computers', new Map(['work', 'home'].map((held) => [`${held} laptop`, { id: `${held} laptop`, held }])))
  stores.set('credentials', new Map(['work', 'home'].map((holder) => [`${holder} passkey`, { id: `${holder} passkey`, holder, rpId: 'site.example', createdAt: 0 }])))
  const { openApp } = await browserModule<{ openApp(): Promise<{ drop(id: string): Promise<void> }> }>('phone/app.ts')
  const app = await openApp()
  await app.drop('work')
  expect(['keys', 'computers', 'credentials'].map((name) => [...stores.get(name)?.keys() ?? []])).toEqual([['home'], ['home laptop'], ['home passkey']])
})
