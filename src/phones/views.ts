import type { Approval } from './approvals.ts'
import type { Phone } from './phone.ts'

export interface PhoneView { readonly id: string; readonly name: string; readonly model: string; readonly hue: number; readonly createdAt: number; readonly push: 'on' | 'off' | 'not_offered' }

/** A phone as it is told of itself; see src/browser/wire.ts. */
export function viewOf({ id, name, model, hue, createdAt, wakeable }: Phone, pushOffered: boolean): PhoneView {
  return { id, name, model, hue, createdAt, push: !pushOffered ? 'not_offered' : wakeable ? 'on' : 'off' }
}

/** A request as a phone shows it: never the number, which stands on the computer's page (SEC-41). */
export function approvalView(approval: Approval, more: { readonly organization: string; readonly sameNetwork: boolean }) {
  const { id, kind, application, browser, ip, createdAt, expiresAt, choices, nonce, nearness } = approval
  // The same network is near enough without a scan; it is noted with the decision.
  const near = nearness === 'needed' && more.sameNetwork ? 'network' : nearness
  return { id, kind, application, organization: more.organization, browser, ip, sameNetwork: more.sameNetwork, createdAt, expiresAt, choices, nonce, nearness: near === 'needed' || near === 'not_asked' ? near : 'proven' as const }
}
