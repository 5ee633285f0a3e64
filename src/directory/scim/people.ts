import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../../errors.ts'
import { isUniqueViolation, placeholders, type OrganizationId, type Transaction, type UserId } from '../../storage/index.ts'
import { userKind } from './attributes.ts'
import { changesOf } from './changes.ts'
import { notFound, ScimError } from './errors.ts'
import type { Filter } from './filter.ts'
import { listPage, readListQuery } from './listing.ts'
import type { Answer, Ask, Caller, RoomNeeds } from './needs.ts'
import { applyOperations, readOperations } from './patch.ts'
import { listOf, readPerson, textOf, type PersonFacts } from './person.ts'
import { etagOf, locationOf, matchesTag, project, readProjection, represent, requireMatch, shows } from './representation.ts'
import type { Draft, Stored } from './store.ts'
import { readResource, type Complex } from './values.ts'

const taken = (what: string): ScimError => new ScimError(409, `${what} belongs to somebody who is here already.`, 'uniqueness')

const noNews = async (): Promise<void> => undefined

/** /Users: people as the other side says they are (RFC 7644 §3). Only those that SCIM brought, or was allowed to take over, are seen. */
export function createPeople(needs: RoomNeeds) {
  const { storage, store, users } = needs

  return {
    kind: userKind,

    async create(caller: Caller, body: unknown, ask: Ask): Promise<Answer> {
      const { organizationId } = caller.token
      const resource = readResource(userKind, body)
      const facts = readPerson(resource, needs)
      const draft = draftOf(resource, facts)
      const active = resource['active'] !== false
      let announce = noNews
      const id = await writeUnique(async (tx) => {
        const kept = await store.findByName('user', organizationId, facts.userName, tx)
        const id = kept ? await comeBack(tx, caller, kept, facts, draft, active) : await settle(tx, caller, facts, draft)
        announce = await setActive(tx, caller, id, active)
        return id
      })
      await announce()
      const answer = await show(organizationId, id, ask)
      return { ...answer, status: 201, location: locationOf(userKind, id, needs.publicUrl) }
    },

    async get(caller: Caller, id: string, ask: Ask): Promise<Answer> {
      const stored = await find(caller.token.organizationId, id)
      if (ask.ifNoneMatch !== undefined && matchesTag(ask.ifNoneMatch, stored)) return { status: 304, etag: etagOf(stored) }
      return show(caller.token.organizationId, id, ask, stored)
    },

    async list(caller: Caller, query: Readonly<Record<string, unknown>>) {
      const { organizationId } = caller.token
      const projection = readProjection(userKind, query)
      const asked = readListQuery(userKind, query)
      const plain = (page: readonly Stored[], withGroups: boolean) => toResources(organizationId, page, withGroups)
      const { total, page } = await listPage(store, userKind, organizationId, asked, (batch, filter) => plain(batch, asked.sortBy?.attribute.name === 'groups' || (filter !== undefined && mentionsGroups(filter))))
      const resources = await plain(page, shows(projection, 'groups'))
      return { total, startIndex: asked.startIndex, resources: resources.map((resource) => project(resource, projection)) }
    },

    async replace(caller: Caller, id: string, body: unknown, ask: Ask): Promise<Answer> {
      const resource = readResource(userKind, body)
      // Who says nothing about it does not lock anybody out, and lets nobody back in.
      return change(caller, id, ask, (before) => ({ ...resource, active: resource['active'] ?? before['active'] ?? true }))
    },

    async patch(caller: Caller, id: string, body: unknown, ask: Ask): Promise<Answer> {
      const operations = readOperations(userKind, body)
      return change(caller, id, ask, (before) => applyOperations(before, operations))
    },

    /** The account is kept, suspended, for the days the organization chose: what was deleted by mistake comes back whole. */
    async remove(caller: Caller, id: string, ask: Ask): Promise<Answer> {
      const { organizationId } = caller.token
      let announce = noNews
      await storage.write(async (tx) => {
        const stored = await lock(tx, organizationId, id)
        requireMatch(ask.ifMatch, stored)
        announce = await suspend(tx, caller, stored, { deletedByScim: true })
        const left = await tx.all<{ group_id: string }>(`SELECT m.group_id FROM group_members m JOIN scim_resources r ON r.id = m.group_id WHERE m.user_id = ? AND m.organization_id = ?`, [id, organizationId])
        const groupIds = left.map(({ group_id }) => group_id)
        if (groupIds.length > 0) await tx.run(`DELETE FROM group_members WHERE user_id = ? AND organization_id = ? AND group_id IN (${placeholders(groupIds.length)})`, [id, organizationId, ...groupIds])
        await store.touch(tx, organizationId, groupIds)
        await store.markGone(tx, organizationId, id)
      })
      await announce()
      return { status: 204 }
    },
  }

  async function find(organizationId: OrganizationId, id: string): Promise<Stored> {
    const stored = await store.find('user', organizationId, id)
    if (!stored) throw notFound(id)
    return stored
  }

  async function lock(tx: Transaction, organizationId: OrganizationId, id: string): Promise<Stored> {
    const stored = await store.lock(tx, 'user', organizationId, id)
    if (!stored) throw notFound(id)
    return stored
  }

  async function show(organizationId: OrganizationId, id: string, ask: Ask, known?: Stored): Promise<Answer> {
    const projection = readProjection(userKind, ask.query)
    const stored = known ?? await find(organizationId, id)
    const [resource] = await toResources(organizationId, [stored], shows(projection, 'groups'))
    return { status: 200, body: project(resource ?? {}, projection), etag: etagOf(stored), location: locationOf(userKind, id, needs.publicUrl) }
  }

  /** Somebody new, or somebody who is here, was nobody's and is given to SCIM by the organization's own rule (SEC-65). */
  async function settle(tx: Transaction, caller: Caller, facts: PersonFacts, draft: Draft): Promise<UserId> {
    const { organizationId } = caller.token
    const id = await findOrCreate(tx, caller, facts)
    await store.insert(tx, 'user', organizationId, id, draft)
    await store.own(tx, 'user', organizationId, id)
    return id
  }

  async function findOrCreate(tx: Transaction, caller: Caller, facts: PersonFacts): Promise<UserId> {
    const { organizationId } = caller.token
    const { email, givenName, familyName, locale, timeZone, phone } = facts
    const here = await users.findByEmailKey(email.key, tx)
    if (here) {
      const isOpen = here.organizationId === organizationId && here.managedBy === null && here.emailVerified && here.role === 'user'
      if (!isOpen || !(await needs.tokens.settings(organizationId, tx)).takeOver) throw taken(`The address ${email.email}`)
      await users.update(tx, organizationId, here.id, { givenName, familyName, ...(phone === null || phone === here.phone ? {} : { phone }) })
      await needs.record(tx, organizationId, caller, { action: 'user.changed', target: { kind: 'user', id: here.id, name: email.email }, userId: here.id, details: { 'managedBy.before': null, 'managedBy.after': 'scim' } })
      return here.id
    }
    const user = await users.create(tx, { organizationId, email, givenName, familyName, role: 'user', status: 'new', emailVerified: false, locale })
    if (phone !== null || timeZone !== null) await users.update(tx, organizationId, user.id, { ...(phone === null ? {} : { phone }), ...(timeZone === null ? {} : { timeZone }) })
    await needs.record(tx, organizationId, caller, { action: 'user.created', target: { kind: 'user', id: user.id, name: email.email }, userId: user.id, details: { userName: facts.userName } })
    return user.id
  }

  /** The same person again, by name and by the other side's id: nobody inherits the account of a namesake (SEC-65). */
  async function comeBack(tx: Transaction, caller: Caller, kept: Stored, facts: PersonFacts, draft: Draft, active: boolean): Promise<string> {
    const { organizationId } = caller.token
    if (kept.state === 'live') throw taken(`userName ${JSON.stringify(facts.userName)}`)
    if (draft.externalId === null || draft.externalId !== kept.externalId || !kept.suspendedByUs) {
      throw new ScimError(409, `userName ${JSON.stringify(facts.userName)} belongs to an account that was deleted and is still kept. The same externalId brings it back; an administrator can delete it for good.`, 'uniqueness')
    }
    await updateUser(tx, organizationId, kept.id, undefined, facts)
    await store.save(tx, 'user', organizationId, kept.id, draft)
    if (!active) await needs.record(tx, organizationId, caller, { action: 'user.changed', target: { kind: 'user', id: kept.id, name: facts.email.email }, userId: kept.id as UserId, details: { returned: true } })
    return kept.id
  }

  async function change(caller: Caller, id: string, ask: Ask, decide: (before: Complex) => Complex): Promise<Answer> {
    const { organizationId } = caller.token
    let announce = noNews
    await writeUnique(async (tx) => {
      const stored = await lock(tx, organizationId, id)
      requireMatch(ask.ifMatch, stored)
      const before = plainOf(stored)
      const after = decide(before)
      const facts = readPerson(after, needs)
      const other = await store.findByName('user', organizationId, facts.userName, tx)
      if (other && other.id !== id) throw taken(`userName ${JSON.stringify(facts.userName)}`)
      const { active: _before, ...kept } = before
      const { active, ...wanted } = after
      if (facts.userName !== stored.name && !(await needs.renamed(tx, { organizationId, id: id as UserId }, stored.name, facts.userName, caller))) throw taken(`The Microsoft sign-in name ${JSON.stringify(facts.userName)}`)
      if (!isDeepStrictEqual(kept, wanted)) {
        await updateUser(tx, organizationId, id, readPerson(before, needs), facts)
        await store.save(tx, 'user', organizationId, id, draftOf(after, facts))
        await needs.record(tx, organizationId, caller, { action: 'user.changed', target: { kind: 'user', id, name: facts.email.email }, userId: id as UserId, details: changesOf(kept, wanted) })
      }
      announce = await setActive(tx, caller, id, active !== false)
      return id
    })
    await announce()
    return show(organizationId, id, ask)
  }

  /** What the person chose for themselves, such as a language, stays until the other side says something new about it. */
  async function updateUser(tx: Transaction, organizationId: OrganizationId, id: string, before: PersonFacts | undefined, { email, givenName, familyName, ...rest }: PersonFacts): Promise<void> {
    const here = await users.find(organizationId, id, tx)
    if (!here) throw notFound(id)
    await users.update(tx, organizationId, here.id, {
      givenName, familyName, ...(before?.email.key === email.key && before.email.email === email.email ? {} : { email }),
      ...(before && rest.phone !== before.phone && rest.phone !== here.phone ? { phone: rest.phone } : {}),
      ...(before && rest.locale !== before.locale ? { locale: rest.locale } : {}), ...(before && rest.timeZone !== before.timeZone ? { timeZone: rest.timeZone } : {}),
    })
  }

  async function setActive(tx: Transaction, caller: Caller, id: string, active: boolean): Promise<() => Promise<void>> {
    const stored = await lock(tx, caller.token.organizationId, id)
    if (!active && stored.status !== 'suspended') return suspend(tx, caller, stored, {})
    // Whom an administrator suspended stays so, whatever the other side says.
    if (active && stored.suspendedByUs) {
      const { organizationId } = caller.token
      await needs.access.resumeWithin(tx, { organizationId, id: id as UserId })
      await store.touch(tx, organizationId, [id])
      await needs.record(tx, organizationId, caller, { action: 'user.resumed', target: await targetOf(tx, organizationId, id), userId: id as UserId })
    }
    return noNews
  }

  async function suspend(tx: Transaction, caller: Caller, stored: Stored, details: Readonly<Record<string, unknown>>): Promise<() => Promise<void>> {
    const { organizationId } = caller.token
    const id = stored.id as UserId
    const target = await targetOf(tx, organizationId, id)
    if (stored.status === 'suspended') {
      await needs.record(tx, organizationId, caller, { action: 'user.changed', target, userId: id, details })
      return noNews
    }
    if (stored.role === 'owner' && stored.status === 'active' && (await users.owners(tx, organizationId)) <= 1) throw new ScimError(403, 'This is the last owner of the organization. Make somebody else an owner first.')
    const announce = await needs.access.suspendWithin(tx, { organizationId, id })
    await store.noteSuspension(tx, organizationId, id)
    await store.touch(tx, organizationId, [id])
    await needs.record(tx, organizationId, caller, { action: 'user.suspended', target, userId: id, details })
    return announce
  }

  async function targetOf(tx: Transaction, organizationId: OrganizationId, id: string) {
    return { kind: 'user' as const, id, name: (await users.find(organizationId, id, tx))?.email ?? id }
  }

  /** Two that come at the same moment with one name or address: the second is told so. */
  async function writeUnique<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await storage.write(work)
    } catch (error) {
      throw isUniqueViolation(error) || (error instanceof AppError && error.code === 'email_taken') ? taken('The name or the mail address') : error
    }
  }

  async function toResources(organizationId: OrganizationId, page: readonly Stored[], withGroups: boolean): Promise<Complex[]> {
    const groups = withGroups && page.length > 0 ? await groupsOf(organizationId, page.map(({ id }) => id)) : new Map<string, Complex[]>()
    return page.map((stored) => {
      const { externalId: _external, ...parts } = plainOf(stored)
      const own = groups.get(stored.id)
      return represent(userKind, stored, own ? { ...parts, groups: own } : parts, needs.publicUrl)
    })
  }

  async function groupsOf(organizationId: OrganizationId, ids: readonly string[]): Promise<Map<string, Complex[]>> {
    const rows = await storage.read.all<{ user_id: string; id: string; name: string }>(
      `SELECT m.user_id, r.id, r.name FROM group_members m JOIN scim_resources r ON r.id = m.group_id AND r.state = 'live' WHERE m.organization_id = ? AND m.user_id IN (${placeholders(ids.length)}) ORDER BY r.name_key`, [organizationId, ...ids])
    const groups = new Map<string, Complex[]>()
    for (const { user_id, id, name } of rows) groups.set(user_id, [...(groups.get(user_id) ?? []), { value: id, $ref: `${needs.publicUrl}/scim/v2/Groups/${id}`, display: name, type: 'direct' }])
    return groups
  }
}

/** The resource as PUT and PATCH see it. */
function plainOf(stored: Stored): Complex {
  return { ...stored.attributes, userName: stored.name, ...(stored.externalId === null ? {} : { externalId: stored.externalId }), active: stored.status !== 'suspended' }
}

function draftOf(resource: Complex, { userName }: PersonFacts): Draft {
  const { userName: _name, externalId, active: _active, ...attributes } = resource
  return { externalId: textOf(externalId) ?? null, name: userName, attributes, emails: listOf(attributes['emails']).flatMap((one) => textOf(one['value']) ?? []) }
}

function mentionsGroups(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and': case 'or': return filter.terms.some(mentionsGroups)
    case 'not': return mentionsGroups(filter.term)
    default: return filter.path.attribute.name === 'groups'
  }
}
