import type { PhoneEvent } from '../needs.ts'
import type { Computer, Pairing } from './computer.ts'

/** What is written down about a computer and its phone. */
export function eventOf(computer: Pick<Computer, 'id' | 'name' | 'kind' | 'ip'>, { phone, userId, organizationId }: Pick<Pairing, 'userId' | 'organizationId'> & { readonly phone: { readonly id: string; readonly name: string } },
  action: PhoneEvent['action'], outcome: PhoneEvent['outcome'], details: PhoneEvent['details'] = {}): PhoneEvent {
  return { action, outcome, userId, organizationId, phone: { id: phone.id, name: phone.name }, target: { kind: 'computer', id: computer.id, name: computer.name }, details: { kind: computer.kind, computer: computer.ip, ...details } }
}
