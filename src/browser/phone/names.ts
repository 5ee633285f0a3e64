import type { AccountView, ApprovalView } from '../wire.ts'
import { textOf } from './dom.ts'

/** What a request is for: the application's name, or our own panel's. */
export function applicationText({ application }: ApprovalView): string {
  return application ?? textOf('panel')
}

/** Whose key it is: the organization's, or a person's own. Private accounts share an organization that nobody means. */
export function ownerText({ kind, organization, name }: AccountView): string {
  return kind === 'personal' ? name : organization
}
