import { randomBytes, randomInt } from 'node:crypto'
import type { Tenant, User } from '../tenant.ts'

export interface Approval {
  readonly user: User
  /** What was consented to; all that was asked for if left out. */
  readonly scopes?: readonly string[]
  /** Roles that the token shall carry instead of the user's own. */
  readonly roles?: readonly string[]
}

interface Device {
  readonly tenant: Tenant | undefined
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly userCode: string
  readonly expiresAt: number
  nextPollAt: number
  state: 'pending' | 'declined' | 'used' | Approval
}

export type Poll =
  | { readonly outcome: 'unknown' | 'pending' | 'too fast' | 'expired' | 'declined' }
  | { readonly outcome: 'approved'; readonly approval: Approval; readonly scopes: readonly string[] }

export interface Devices {
  begin(device: Pick<Device, 'tenant' | 'clientId' | 'scopes'>): { readonly deviceCode: string; readonly userCode: string }
  poll(deviceCode: string, clientId: string): Poll
  /** Throws if nobody shows this code: a mistake of the test. */
  decide(userCode: string, decision: Approval | 'declined'): void
}

export const deviceLifetimeSeconds = 900
export const pollIntervalSeconds = 5
const letters = 'BCDFGHJKLMNPQRSTVWXZ'

/** RFC 8628 as Entra plays it. */
export function createDevices(now: () => number): Devices {
  const devices = new Map<string, Device>()
  return {
    begin(device) {
      const deviceCode = randomBytes(48).toString('base64url')
      const userCode = Array.from({ length: 9 }, () => letters[randomInt(letters.length)]).join('')
      devices.set(deviceCode, { ...device, userCode, expiresAt: now() + deviceLifetimeSeconds * 1000, nextPollAt: 0, state: 'pending' })
      return { deviceCode, userCode }
    },
    poll(deviceCode, clientId) {
      const device = devices.get(deviceCode)
      if (!device || device.clientId !== clientId || device.state === 'used') return { outcome: 'unknown' }
      if (now() >= device.expiresAt) return { outcome: 'expired' }
      if (device.state === 'declined') return { outcome: 'declined' }
      if (device.state !== 'pending') {
        const approval = device.state
        device.state = 'used'
        return { outcome: 'approved', approval, scopes: approval.scopes ?? device.scopes }
      }
      const isTooFast = now() < device.nextPollAt
      device.nextPollAt = now() + pollIntervalSeconds * 1000
      return { outcome: isTooFast ? 'too fast' : 'pending' }
    },
    decide(userCode, decision) {
      const device = [...devices.values()].find((shown) => shown.userCode === userCode && shown.state === 'pending')
      if (!device) throw new Error(`no device shows the code ${userCode}`)
      device.state = decision
    },
  }
}
