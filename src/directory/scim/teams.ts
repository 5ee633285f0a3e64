import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../../errors.ts'
import { isUniqueViolation, type GroupId, type OrganizationId, type Transaction, type UserId } from '../../storage/index.ts'
import { readName } from '../user.ts'
import { groupKind } from './attributes.ts'
import { changesOf } from './changes.ts'
import { invalidValue, notFound, ScimError } from './errors.ts'
import { listPage, readListQuery } from './listing.ts'
import { createMembers, membersIn, readMembers, readMemberStep, type MemberStep } from './members.ts'
import type { Answer, Ask, Caller, RoomNeeds } from './needs.ts'
import { applyOperations, readOperations } from './patch.ts'
import { textOf } from './person.ts'
import { etagOf, locationOf, matchesTag, project, readProjection, represent, requireMatch, shows, type Projection } from './representation.ts'
import type { Draft, Stored } from './store.ts'
import { isObject, readResource, type Complex } from './values.ts'

const eachWritten = 20

/** /Groups: groups as the other side says they are, and who of its people is in them (RFC 7644 §3). */
export function createTeams(needs: RoomNeeds) {
  const { storage, store, groups } = needs
  const members = createMembers(needs)

  return {
    kind: groupKind,

    async create(caller: Caller, body: unknown, ask: Ask): Promise<Answer> {
      const { organizationId } = caller.token
      const { resource, given } = readGroup(body)
      const draft = draftOf(resource)
      const id = await writeUnique(draft.name, async (tx) => {
        const id = await groups.create(tx, organizationId, { name: draft.name, description: '' })
        await store.insert(tx, 'group', organizationId, id, draft)
        await store.own(tx, 'group', organizationId, id)
        await needs.record(tx, organizationId, caller, { action: 'group.created', target: { kind: 'group', id, name: draft.name } })
        await takeSteps(tx, caller, id, draft.name, [{ kind: 'add', ids: given ?? [] }])
        return id
      })
      return { ...(await show(organizationId, id, ask)), status: 201 }
    },

    async get(caller: Caller, id: string, ask: Ask): Promise<Answer> {
      const stored = await store.find('group', caller.token.organizationId, id)
      if (!stored) throw notFound(id)
      if (ask.ifNoneMatch !== undefined && matchesTag(ask.ifNoneMatch, stored)) return { status: 304, etag: etagOf(stored) }
      return show(caller.token.organizationId, id, ask)
    },

    async list(caller: Caller, query: Readonly<Record<string, unknown>>) {
      const { organizationId } = caller.token
      const projection = readProjection(groupKind, query)
      const asked = readListQuery(groupKind, query)
      const people = asked.filter ? membersIn(asked.filter) : []
      const { total, page } = await listPage(store, groupKind, organizationId, asked, async (batch) => {
        const found = await members.among(organizationId, people.length > 0 ? batch.map(({ id }) => id) : [], people)
        return batch.map((stored) => represent(groupKind, stored, { ...plainOf(stored), ...(found.has(stored.id) ? { members: found.get(stored.id) ?? [] } : {}) }, needs.publicUrl))
      })
      const budget = members.budget()
      const resources: Complex[] = []
      for (const stored of page) resources.push(await toResource(organizationId, stored, projection, budget))
      return { total, startIndex: asked.startIndex, resources }
    },

    /** Where members are not named at all they stay: a list that was forgotten must not empty a group of thousands. */
    async replace(caller: Caller, id: string, body: unknown, ask: Ask): Promise<Answer> {
      const { resource, given } = readGroup(body)
      await change(caller, id, ask, () => resource, given ? [{ kind: 'replace', ids: given }] : [])
      return show(caller.token.organizationId, id, ask)
    },

    /** Answers with the group only where attributes of it are asked for (RFC 7644 §3.5.2), since it may have many members. */
    async patch(caller: Caller, id: string, body: unknown, ask: Ask): Promise<Answer> {
      const operations = readOperations(groupKind, body)
      const steps = operations.flatMap((operation) => readMemberStep(operation) ?? [])
      const rest = operations.filter((operation) => readMemberStep(operation) === undefined)
      const etag = await change(caller, id, ask, (before) => applyOperations(before, rest), steps)
      return ask.query['attributes'] === undefined ? { status: 204, etag } : show(caller.token.organizationId, id, ask)
    },

    async remove(caller: Caller, id: string, ask: Ask): Promise<Answer> {
      const { organizationId } = caller.token
      await storage.write(async (tx) => {
        const stored = await lock(tx, organizationId, id)
        requireMatch(ask.ifMatch, stored)
        const group = await groups.find(organizationId, id, tx)
        await store.forget(tx, organizationId, id)
        await groups.remove(tx, organizationId, id as GroupId)
        await needs.record(tx, organizationId, caller, { action: 'group.deleted', target: { kind: 'group', id, name: stored.name }, details: { members: group?.members ?? 0 } })
      })
      return { status: 204 }
    },
  }

  async function lock(tx: Transaction, organizationId: OrganizationId, id: string): Promise<Stored> {
    const stored = await store.lock(tx, 'group', organizationId, id)
    if (!stored) throw notFound(id)
    return stored
  }

  async function change(caller: Caller, id: string, ask: Ask, decide: (before: Complex) => Complex, steps: readonly MemberStep[]): Promise<string> {
    const { organizationId } = caller.token
    return writeUnique(undefined, async (tx) => {
      const stored = await lock(tx, organizationId, id)
      requireMatch(ask.ifMatch, stored)
      const before = plainOf(stored)
      const after = decide(before)
      const draft = draftOf(after)
      if (!isDeepStrictEqual(before, after)) {
        if (draft.name !== stored.name) await groups.update(tx, organizationId, id as GroupId, { name: draft.name, description: '' })
        await store.save(tx, 'group', organizationId, id, draft)
        await needs.record(tx, organizationId, caller, { action: 'group.changed', target: { kind: 'group', id, name: draft.name }, details: changesOf(before, after) })
      }
      if (await takeSteps(tx, caller, id, draft.name, steps)) await store.touch(tx, organizationId, [id])
      return etagOf(await lock(tx, organizationId, id))
    })
  }

  async function takeSteps(tx: Transaction, caller: Caller, id: string, name: string, steps: readonly MemberStep[]): Promise<boolean> {
    const { organizationId } = caller.token
    const target = { kind: 'group' as const, id, name }
    const all = { added: [] as string[], removed: [] as string[] }
    for (const step of steps) {
      const { added, removed } = await members.take(tx, organizationId, id, step)
      all.added.push(...added)
      all.removed.push(...removed)
    }
    const count = all.added.length + all.removed.length
    if (count > eachWritten) await needs.record(tx, organizationId, caller, { action: 'group.changed', target, details: { membersAdded: all.added.length, membersRemoved: all.removed.length } })
    else {
      for (const userId of all.added) await needs.record(tx, organizationId, caller, { action: 'group.member_added', target, userId: userId as UserId })
      for (const userId of all.removed) await needs.record(tx, organizationId, caller, { action: 'group.member_removed', target, userId: userId as UserId })
    }
    return count > 0
  }

  async function show(organizationId: OrganizationId, id: string, ask: Ask): Promise<Answer> {
    const projection = readProjection(groupKind, ask.query)
    const stored = await store.find('group', organizationId, id)
    if (!stored) throw notFound(id)
    return { status: 200, body: await toResource(organizationId, stored, projection, members.budget()), etag: etagOf(stored), location: locationOf(groupKind, id, needs.publicUrl) }
  }

  async function toResource(organizationId: OrganizationId, stored: Stored, projection: Projection, budget: { left: number }): Promise<Complex> {
    const { externalId: _external, ...parts } = plainOf(stored)
    const people = shows(projection, 'members') ? await members.show(organizationId, stored.id as GroupId, budget) : []
    return project(represent(groupKind, stored, people.length > 0 ? { ...parts, members: people } : parts, needs.publicUrl), projection)
  }

  async function writeUnique<T>(name: string | undefined, work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await storage.write(work)
    } catch (error) {
      const isTaken = isUniqueViolation(error) || (error instanceof AppError && error.code === 'name_taken')
      throw isTaken ? new ScimError(409, `There is another group with the name${name === undefined ? '' : ` ${JSON.stringify(name)}`}.`, 'uniqueness') : error
    }
  }
}

/** The members apart: a group may have more of them than any other attribute has values. */
function readGroup(body: unknown): { resource: Complex; given: readonly string[] | undefined } {
  if (!isObject(body)) return { resource: readResource(groupKind, body), given: undefined }
  const entry = Object.entries(body).find(([name]) => name.toLowerCase() === 'members')
  const resource = readResource(groupKind, Object.fromEntries(Object.entries(body).filter(([name]) => name !== entry?.[0])))
  return { resource, given: entry && readMembers(entry[1]) }
}

function plainOf(stored: Stored): Complex {
  return { ...stored.attributes, displayName: stored.name, ...(stored.externalId === null ? {} : { externalId: stored.externalId }) }
}

function draftOf(resource: Complex): Draft {
  const { displayName, externalId, ...attributes } = resource
  const name = readName(textOf(displayName) ?? '')
  if (name === undefined) throw invalidValue('displayName is required: a name of at most 100 characters, without < and >.')
  return { externalId: textOf(externalId) ?? null, name, attributes, emails: [] }
}
