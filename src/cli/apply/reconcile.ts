import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ApplicationAccess, Applications } from '../../applications/index.ts'
import type { Groups, Organization, Organizations, OrganizationSettings, Users } from '../../directory/index.ts'
import { OperatorError } from '../../errors.ts'
import { normaliseEmail } from '../../messaging/index.ts'
import type { Clock, Sql, Transaction } from '../../storage/index.ts'
import { reconcileApplications } from './applications.ts'
import type { ApplyDocument, OrganizationEntry, UserEntry } from './document.ts'

/** One line of the plan. */
export interface Step { readonly verb: 'create' | 'change' | 'add'; readonly what: string; readonly details: string }

export interface ApplyNeeds {
  readonly organizations: Organizations
  readonly users: Users
  readonly groups: Groups
  readonly applications: Applications
  readonly access: ApplicationAccess
  readonly clock: Clock
  /** Folder that `file:` references start from. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly invite: (tx: Transaction, organization: Organization, userId: string) => Promise<void>
  /** What the audit log gets for each step that was done. */
  readonly record: (tx: Transaction, organization: Organization, step: Step) => Promise<void>
}

/** Reads through `sql`; changes through `tx`, which a dry run does not have. Both runs walk the same path. */
export interface Pass {
  readonly sql: Sql
  readonly tx: Transaction | undefined
  readonly steps: Step[]
  note(organization: Organization, step: Step): Promise<void>
}

/**
 * Brings the database to what the document says. What the document does not name stays untouched; a second run finds
 * nothing to do.
 */
export async function reconcile(needs: ApplyNeeds, document: ApplyDocument, sql: Sql, tx: Transaction | undefined): Promise<Step[]> {
  const steps: Step[] = []
  const pass: Pass = {
    sql, tx, steps,
    async note(organization, step) {
      steps.push(step)
      if (tx) await needs.record(tx, organization, step)
    },
  }
  for (const entry of document.organizations) await reconcileOrganization(needs, pass, entry)
  return steps
}

async function reconcileOrganization(needs: ApplyNeeds, pass: Pass, entry: OrganizationEntry): Promise<void> {
  const existing = (await needs.organizations.list(pass.sql)).find((one) => (entry.slug === undefined ? one.name === entry.name : one.slug === entry.slug))
  const what = `organization ${entry.name}`
  let organization = existing
  if (!organization) {
    organization = pass.tx ? await needs.organizations.create(pass.tx, { name: entry.name, kind: 'business', ...(entry.slug === undefined ? {} : { slug: entry.slug }) }) : undefined
    if (organization) await pass.note(organization, { verb: 'create', what, details: '' })
    else pass.steps.push({ verb: 'create', what, details: '' })
  }
  // In a dry run a new organization has no row; nothing below can exist yet either.
  const place = organization ?? ({ id: '', name: entry.name } as unknown as Organization)
  if (organization) {
    const settings = entry.settings === undefined ? undefined : mergeSettings(organization.settings, entry.settings)
    const changes = { ...(organization.name === entry.name ? {} : { name: entry.name }), ...(settings && !same(settings, organization.settings) ? { settings } : {}) }
    if (Object.keys(changes).length > 0) {
      if (pass.tx) await needs.organizations.update(pass.tx, organization.id, changes)
      if (existing) await pass.note(organization, { verb: 'change', what, details: Object.keys(changes).join(', ') })
    }
  }
  for (const group of entry.groups ?? []) {
    const found = await needs.groups.findByName(place.id, group.name, pass.sql)
    if (!found) {
      if (pass.tx) await needs.groups.create(pass.tx, place.id, { name: group.name, description: group.description ?? '' })
      await pass.note(place, { verb: 'create', what: `group ${group.name}`, details: '' })
    } else if (group.description !== undefined && group.description !== found.description) {
      if (pass.tx) await needs.groups.update(pass.tx, place.id, found.id, { name: found.name, description: group.description })
      await pass.note(place, { verb: 'change', what: `group ${group.name}`, details: 'description' })
    }
  }
  for (const user of entry.users ?? []) await reconcileUser(needs, pass, place, user)
  await reconcileApplications(needs, pass, place, entry.applications ?? [])
}

async function reconcileUser(needs: ApplyNeeds, pass: Pass, organization: Organization, entry: UserEntry): Promise<void> {
  const address = normaliseEmail(entry.email)
  if (!address) throw new OperatorError(`${entry.email} is not an email address.`)
  const what = `user ${address.email}`
  let user = await needs.users.findByEmailKey(address.key, pass.sql)
  if (user && user.organizationId !== organization.id) throw new OperatorError(`${address.email} belongs to another organization; nothing was changed.`)
  if (!user) {
    if (pass.tx) {
      user = await needs.users.create(pass.tx, {
        organizationId: organization.id, email: address, givenName: entry.givenName ?? '', familyName: entry.familyName ?? '', role: entry.role ?? 'user', status: 'new', emailVerified: false,
      })
      if (entry.invite) await needs.invite(pass.tx, organization, user.id)
    }
    await pass.note(organization, { verb: 'create', what, details: [entry.role ?? 'user', ...(entry.invite ? ['invited'] : [])].join(', ') })
  } else {
    const wanted = { givenName: entry.givenName, familyName: entry.familyName, role: entry.role }
    const changes = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== undefined && value !== user?.[key as 'role']))
    if (changes['role'] !== undefined && user.role === 'owner' && (await needs.users.owners(pass.sql, organization.id)) === 1) {
      throw new OperatorError(`${address.email} is the last owner of ${organization.name}; name another owner first. Nothing was changed.`)
    }
    if (Object.keys(changes).length > 0) {
      if (pass.tx) await needs.users.update(pass.tx, organization.id, user.id, changes)
      await pass.note(organization, { verb: 'change', what, details: Object.keys(changes).join(', ') })
    }
  }
  const current = user ? (await needs.groups.ofUser(organization.id, user.id, pass.sql)).map((group) => group.name) : []
  for (const groupName of (entry.groups ?? []).filter((one) => !current.includes(one))) {
    const group = await needs.groups.findByName(organization.id, groupName, pass.sql)
    if (!group && !declared(pass, groupName)) throw new OperatorError(`${what} should be in the group ${groupName}, which does not exist. Add it under "groups". Nothing was changed.`)
    if (pass.tx && group && user) await needs.groups.addMember(pass.tx, organization.id, group.id, user.id)
    await pass.note(organization, { verb: 'add', what, details: `to group ${groupName}` })
  }
}

/** In a dry run a group of the same document is only in the plan. */
export function declared(pass: Pass, groupName: string): boolean {
  return pass.tx === undefined && pass.steps.some((step) => step.verb === 'create' && step.what === `group ${groupName}`)
}

function mergeSettings(before: OrganizationSettings, wanted: NonNullable<OrganizationEntry['settings']>): OrganizationSettings {
  const { userVerification, idleMinutes, absoluteHours, invitationDays, ...methods } = wanted
  return {
    methods: { ...before.methods, ...defined(methods) },
    userVerification: userVerification ?? before.userVerification,
    session: { idleMinutes: idleMinutes ?? before.session.idleMinutes, absoluteHours: absoluteHours ?? before.session.absoluteHours },
    invitationDays: invitationDays ?? before.invitationDays,
  }
}

export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** `env:NAME` or `file:path`. @throws OperatorError when it is not there or too short to be a secret. */
export function readSecret(needs: Pick<ApplyNeeds, 'environment' | 'folder'>, reference: string, application: string): string {
  let secret: string | undefined
  if (reference.startsWith('env:')) secret = needs.environment[reference.slice(4)]
  else {
    try {
      secret = readFileSync(resolve(needs.folder, reference.slice(5)), 'utf8').trim()
    } catch (error) {
      throw new OperatorError(`The secret of ${application} cannot be read from ${reference}: ${(error as Error).message}`)
    }
  }
  if (secret === undefined || secret === '') throw new OperatorError(`The secret of ${application} is not there: ${reference} is empty or not set.`)
  if (secret.length < 32) throw new OperatorError(`The secret of ${application} (${reference}) has ${secret.length} characters; at least 32 random ones are needed. Make one with: openssl rand -base64 32`)
  return secret
}
