import type { ApplicationAccess, Applications } from '../../applications/index.ts'
import type { Groups, Organization, Organizations, User, Users } from '../../directory/index.ts'
import type { MetadataReader } from '../../protocols/saml/metadata-import/index.ts'
import type { Transaction } from '../../storage/index.ts'

/** One line of the plan, and one event of the audit log. */
export interface Step {
  readonly verb: 'create' | 'change' | 'add'
  readonly kind: 'organization' | 'group' | 'user' | 'application'
  readonly name: string
  readonly details: string
  /** What the audit log calls it. */
  readonly action: string
  readonly id: string
  /** The client id that Doorward chose for a new application. */
  readonly newClientId?: string
}

export interface ApplyNeeds {
  readonly organizations: Organizations
  readonly users: Users
  readonly groups: Groups
  readonly applications: Applications
  readonly access: ApplicationAccess
  /** Folder that `file:` references start from. */
  readonly folder: string
  readonly metadata: Pick<MetadataReader, 'readServiceProvider'>
  /** What is wrong with metadata, in words. */
  readonly sentence: (code: string) => string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly invite: (tx: Transaction, organization: Organization, user: User) => Promise<void>
  /** What the audit log gets for each step. */
  readonly record: (tx: Transaction, organization: Organization, step: Step) => Promise<void>
}

/** One organization's turn inside the transaction. */
export interface Pass {
  readonly tx: Transaction
  readonly organization: Organization
  note(step: Step): Promise<void>
}

/** Those wanted values that differ from what is there, and how to say so: `field: before → after` where both are short. */
export function differences<T extends object>(before: T, wanted: { readonly [K in keyof T]?: T[K] | undefined }): { changes: Partial<T>; text: string } {
  const changed = (Object.entries(wanted) as [keyof T & string, unknown][]).filter(([key, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(before[key]))
  return { changes: Object.fromEntries(changed) as Partial<T>, text: changed.map(([key, value]) => describeChange(key, before[key], value)).join(', ') }
}

function describeChange(key: string, before: unknown, after: unknown): string {
  const [from, to] = [before, after].map((value) => (value === null || value === '' ? 'nothing' : typeof value === 'object' ? undefined : String(value)))
  return from === undefined || to === undefined || from.length + to.length > 80 ? key : `${key}: ${from} → ${to}`
}
