import { generateAuthenticationOptions } from '@simplewebauthn/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeviceAnswer, DeviceQuestion } from '../../../src/browser/authenticator/credential.ts'
import type { ComputerMessage, PhoneMessage, UseOrder } from '../../../src/browser/pairing/wire.ts'
import { browserModule, openPhonePage } from '../../support/phone-page.ts'

interface Outcome { readonly message: PhoneMessage | undefined; readonly result: string; readonly use: { readonly holder: string | undefined; readonly about: Omit<UseOrder, 'computer' | 'id'> } | undefined }
type Asked = Exclude<ComputerMessage, { readonly kind: 'cancel' }>
type Person = (shown: DeviceQuestion | 'no_key') => DeviceAnswer

let keys: { id: string; lost: string | null }[]
let answerAsked: (app: { readonly keys: typeof keys }, asked: Asked, ask: (shown: DeviceQuestion | 'no_key') => Promise<DeviceAnswer>) => Promise<Outcome>
beforeEach(async () => {
  openPhonePage()
  keys = [{ id: 'work', lost: null }, { id: 'home', lost: null }]
  ;({ answerAsked } = await browserModule<{ answerAsked: typeof answerAsked }>('phone/answering.ts'))
})
afterEach(() => { vi.unstubAllGlobals() })

const [origin, rpID] = ['https://login.site.example', 'site.example']
const times = { at: 0, expiresAt: 60_000 }
const answer = (asked: object, person: Person): Promise<Outcome> => answerAsked({ get keys() { return keys } }, { ...times, ...asked } as Asked, (shown) => Promise.resolve(person(shown)))
const get = async (person: Person, change: object = {}) => answer({ kind: 'get', options: await generateAuthenticationOptions({ rpID }), origin, crossOrigin: false, ...change }, person)
const yes = (choice: string): Person => () => ({ outcome: 'approved', choice })

describe('a site that this phone has no key for', () => {
  it('SEC-43 is reported, refused or told so, as the person says', async () => {
    const seen: (DeviceQuestion | 'no_key')[] = []
    const said = (outcome: 'reported' | 'denied' | 'cancelled'): Person => (shown) => {
      seen.push(shown)
      return { outcome }
    }
    const about = { action: 'signed_in', site: rpID, siteName: '', account: '' }
    expect(await get(said('reported'))).toEqual({ message: { kind: 'refused', reason: 'reported' }, result: 'reported', use: { holder: undefined, about: { ...about, outcome: 'reported' } } })
    expect(await get(said('denied'))).toEqual({ message: { kind: 'refused', reason: 'denied' }, result: 'denied', use: { holder: undefined, about: { ...about, outcome: 'denied' } } })
    expect(await get(said('cancelled'))).toMatchObject({ message: undefined, result: 'cancelled' })
    expect(await get(yes(''))).toEqual({ message: { kind: 'refused', reason: 'no_key' }, result: 'no_key', use: undefined })
    expect(seen).toEqual(['no_key', 'no_key', 'no_key'])
  })
})
