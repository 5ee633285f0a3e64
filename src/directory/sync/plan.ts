import { setImmediate as turn } from 'node:timers/promises'
import { placeholders, type Transaction } from '../../storage/index.ts'
import { nameOf } from '../user.ts'
import { findClaims, type Claim } from './claims.ts'
import { adoptableCodes, type StoredConflict } from './conflicts.ts'
import type { ConflictCode, ItemDetails } from './directory.ts'
import { createItems, type Counts, type Items, type NewItem } from './items.ts'
import { judge, type Verdict } from './judge.ts'
import type { EngineNeeds, Running } from './needs.ts'
import { pendingPeople, type PersonEntry } from './people.ts'
import { planGroups } from './plan-groups.ts'
import { changeByList } from './rows.ts'

export interface Plan { readonly counts: Counts; readonly planned: number; /** People who can get in now and could not any more. */ readonly vanishing: number }

const pageSize = 500
const day = 86_400_000

/** Compares what the directory says with what is here, for everybody who is marked. Nothing is changed but the plan itself. */
export async function plan(needs: EngineNeeds, running: Running): Promise<Plan> {
  const { storage } = needs
  const { directory, lease } = running
  const items = createItems(running.runId)
  let vanishing = 0
  const lastOwner = await ownersLeft(needs, running)
  await markDue(needs, running)
  await planGroups(needs, running, items)
  for (let after = ''; ;) {
    running.signal.throwIfAborted()
    const people = await pendingPeople(storage.read, directory, after, pageSize)
    const last = people.at(-1)
    if (!last) break
    const judged = await judgePage(needs, running, people, lastOwner)
    const back = items.mark()
    await storage.write(async (tx) => {
      back()
      await lease.stillHeld(tx)
      await items.add(tx, judged.items)
      await noteConflicts(tx, directory.id, judged.conflicts)
      await planMembers(tx, running, judged.members, judged.leaving)
    })
    vanishing += judged.vanishing
    after = last.anchor
    await turn()
  }
  await countMembers(needs, running, items)
  const all = Object.values(items.counts).reduce((sum, count) => sum + count, 0)
  return { counts: items.counts, planned: all - (items.counts.conflict ?? 0), vanishing }
}

interface Judged {
  readonly items: NewItem[]
  /** Entries whose conflict is another one than before, or over. */
  readonly conflicts: [anchor: string, conflict: string | null][]
  /** Who has an account after the run, and whose memberships are compared. */
  readonly members: string[]
  readonly leaving: string[]
  vanishing: number
}

async function judgePage(needs: EngineNeeds, { directory }: Running, people: readonly PersonEntry[], lastOwner: (entry: PersonEntry) => boolean): Promise<Judged> {
  const sql = needs.storage.read
  const claims = await findClaims(sql, directory, people.filter(({ here, emailKey }) => here && emailKey !== null))
  const verdicts = people.map((entry) => [entry, judge({
    standing: entry, person: entry.content.kind === 'person' && entry.emailKey !== null ? entry.content : null, disabledBecause: entry.content.disabledBecause ?? null, problem: problemOf(entry), account: entry.account, claim: claims.get(entry.anchor)?.code ?? null,
    isLastOwner: lastOwner(entry), keepDays: directory.settings.keepDays, now: needs.clock.now(),
  })] as const)
  const leavers = verdicts.flatMap(([{ accountId }, { act }]) => (accountId !== null && (act === 'suspend' || act === 'delete') ? [accountId] : []))
  const owned = leavers.length === 0 ? new Map<string, { groups: readonly string[]; applications: readonly string[] }>() : await needs.belongings(sql, directory.organizationId, leavers)
  const identities = await needs.identityConflicts(sql, directory.organizationId, verdicts.flatMap(([{ anchor, accountId, content, hash, appliedHash, conflict }, { act }]) =>
    (content.kind === 'person' && content.upn !== null && takesIdentity(act) && (hash !== appliedHash || conflict !== null) ? [{ key: anchor, userId: accountId, upn: content.upn, immutableId: content.immutableId }] : [])))
  const judged: Judged = { items: [], conflicts: [], members: [], leaving: [], vanishing: 0 }
  for (const [entry, verdict] of verdicts) {
    const details = detailsOf(entry, verdict, claims.get(entry.anchor), owned)
    if (verdict.act !== 'nothing') judged.items.push({ kind: verdict.act, anchor: entry.anchor, userId: entry.accountId, name: titleOf(entry), dn: entry.dn, details })
    const identity = identities.get(entry.anchor)
    // What stood in the way of the name at Microsoft is gone: now it can be given.
    if (verdict.act === 'nothing' && entry.account && entry.here && !identity && identityCodes.has(codeOf(entry.conflict))) {
      judged.items.push({ kind: 'update', anchor: entry.anchor, userId: entry.accountId, name: titleOf(entry), dn: entry.dn, details: { differences: [{ field: 'upn', before: '', after: entry.content.kind === 'person' ? entry.content.upn ?? '' : '' }] } })
    }
    const conflict = conflictOf(entry, verdict, claims.get(entry.anchor), identity)
    if (conflict && verdict.act !== 'conflict') judged.items.push({ kind: 'conflict', anchor: entry.anchor, userId: entry.accountId, name: titleOf(entry), dn: entry.dn, details: shown(conflict) })
    const text = conflict ? JSON.stringify(conflict) : null
    if (text !== entry.conflict) judged.conflicts.push([entry.anchor, text])
    if (verdict.act === 'suspend' && entry.account?.status !== 'suspended') judged.vanishing++
    const stays = verdict.act === 'create' || (entry.account !== null && verdict.act !== 'delete')
    if (stays && entry.here) judged.members.push(entry.anchor)
    if (stays && entry.account !== null) judged.leaving.push(entry.anchor)
  }
  return judged
}

function problemOf({ content, emailKey }: PersonEntry): ConflictCode | null {
  if (content.kind === 'problem') return content.problem
  return emailKey === null ? 'bad_email' : null
}

const identityCodes: ReadonlySet<string> = new Set<ConflictCode>(['upn_taken', 'immutable_id_taken', 'would_change', 'bad_upn', 'bad_immutable_id'])
const codeOf = (conflict: string | null): string => (conflict === null ? '' : (JSON.parse(conflict) as StoredConflict).code)
const takesIdentity = (act: Verdict['act']): boolean => act === 'create' || act === 'adopt' || act === 'update' || act === 'resume' || act === 'move' || act === 'nothing'

function conflictOf(entry: PersonEntry, verdict: Verdict, claim: Claim | undefined, identity: ConflictCode | undefined): StoredConflict | null {
  if (verdict.act === 'conflict') {
    if (claim && claim.code === verdict.code) return claim
    return { code: verdict.code, detail: entry.content.kind === 'problem' ? entry.content.detail.slice(0, 200) : entry.content.email.slice(0, 200) }
  }
  // The rest of the entry goes its way; the address waits.
  if (claim && entry.account && entry.here) return claim
  return identity ? { code: identity, detail: entry.content.kind === 'person' ? entry.content.upn ?? '' : '' } : null
}

function detailsOf(entry: PersonEntry, verdict: Verdict, claim: Claim | undefined, owned: ReadonlyMap<string, { readonly groups: readonly string[]; readonly applications: readonly string[] }>): ItemDetails {
  switch (verdict.act) {
    case 'nothing': return {}
    case 'create': return { email: entry.content.kind === 'person' ? entry.content.email : '' }
    case 'conflict': return shown(conflictOf(entry, verdict, claim, undefined) ?? { code: verdict.code, detail: '' })
    case 'delete': return leaverDetails(entry, owned)
    case 'suspend': return { ...leaverDetails(entry, owned), because: verdict.because, differences: verdict.differences }
    default: return { email: entry.account?.email ?? '', differences: verdict.differences }
  }
}

function leaverDetails(entry: PersonEntry, owned: ReadonlyMap<string, { readonly groups: readonly string[]; readonly applications: readonly string[] }>): ItemDetails {
  const { groups = [], applications = [] } = owned.get(entry.accountId ?? '') ?? {}
  return { email: entry.account?.email ?? '', owned: { groups: groups.slice(0, 50), applications: applications.slice(0, 50), role: entry.account?.role ?? 'user' } }
}

function shown({ code, detail }: StoredConflict): ItemDetails {
  return { code, detail, adoptable: adoptableCodes.includes(code) }
}

function titleOf({ account, content, dn }: PersonEntry): string {
  if (content.kind === 'person') return nameOf(content)
  return account ? nameOf(account) : dn
}

/** Deletes that have come due concern nobody whom the directory has spoken of. */
async function markDue({ storage, clock }: EngineNeeds, { directory, lease }: Running): Promise<void> {
  await storage.write(async (tx) => {
    await lease.stillHeld(tx)
    await tx.run('UPDATE directory_entries SET pending = 1 WHERE directory_id = ? AND left_at IS NOT NULL AND left_at <= ? AND user_id IS NOT NULL AND pending = 0', [directory.id, clock.now() - directory.settings.keepDays * day])
  })
}

/** Somebody must be able to look after the organization: the plan never takes the last owner. */
async function ownersLeft({ storage }: EngineNeeds, { directory }: Running): Promise<(entry: PersonEntry) => boolean> {
  const row = await storage.read.one<{ people: number }>(`SELECT count(*) AS people FROM users WHERE organization_id = ? AND role = 'owner' AND status = 'active'`, [directory.organizationId])
  let left = Number(row?.people ?? 0)
  return (entry) => {
    const goes = entry.account?.role === 'owner' && entry.account.status === 'active' && (!entry.here || (entry.content.disabledBecause ?? null) !== null)
    if (goes && left > 1) left--
    else return goes
    return false
  }
}

async function noteConflicts(tx: Transaction, directoryId: string, conflicts: readonly (readonly [string, string | null])[]): Promise<void> {
  const over = conflicts.filter(([, text]) => text === null).map(([anchor]) => anchor)
  if (over.length > 0) await changeByList(tx, (list) => `UPDATE directory_entries SET conflict = NULL WHERE directory_id = ? AND anchor IN (${list})`, [directoryId], over)
  for (const [anchor, text] of conflicts) if (text !== null) await tx.run('UPDATE directory_entries SET conflict = ? WHERE directory_id = ? AND anchor = ?', [text, directoryId, anchor])
}

/** Who comes into which group and who leaves it, for one page of people; nested groups count for those around them. */
async function planMembers(tx: Transaction, { directory, runId }: Running, coming: readonly string[], leaving: readonly string[]): Promise<void> {
  // CROSS JOIN keeps SQLite at this order: from the few people to their places. Without statistics it would begin with all groups.
  const ours = 'FROM directory_memberships m CROSS JOIN directory_nesting n'
  const nested = 'n.directory_id = m.directory_id AND n.inner_anchor = m.group_anchor'
  for (let start = 0; start < coming.length; start += 100) {
    const part = coming.slice(start, start + 100)
    await tx.run(
      `INSERT INTO directory_plan_members (run_id, group_anchor, anchor, change)
       SELECT DISTINCT ?, n.group_anchor, m.member_anchor, 'add' ${ours} CROSS JOIN directory_entries g CROSS JOIN directory_entries e
       WHERE ${nested} AND g.directory_id = m.directory_id AND g.anchor = n.group_anchor AND e.directory_id = m.directory_id AND e.anchor = m.member_anchor AND m.directory_id = ? AND m.member_anchor IN (${placeholders(part.length)}) AND (g.group_id IS NOT NULL OR g.conflict IS NULL)
         AND NOT EXISTS (SELECT 1 FROM group_members x WHERE x.group_id = g.group_id AND x.user_id = e.user_id) ON CONFLICT DO NOTHING`, [runId, directory.id, ...part])
  }
  for (let start = 0; start < leaving.length; start += 100) {
    const part = leaving.slice(start, start + 100)
    await tx.run(
      `INSERT INTO directory_plan_members (run_id, group_anchor, anchor, change)
       SELECT ?, g.anchor, e.anchor, 'remove' FROM directory_entries e CROSS JOIN group_members x CROSS JOIN directory_entries g
       WHERE x.user_id = e.user_id AND g.group_id = x.group_id AND g.directory_id = e.directory_id AND e.directory_id = ? AND e.anchor IN (${placeholders(part.length)}) AND g.state = 'present' AND g.wanted = 1
         AND (e.state = 'gone' OR e.wanted = 0 OR NOT EXISTS (SELECT 1 ${ours} WHERE ${nested} AND m.directory_id = e.directory_id AND m.member_anchor = e.anchor AND n.group_anchor = g.anchor)) ON CONFLICT DO NOTHING`, [runId, directory.id, ...part])
  }
}

async function countMembers({ storage }: EngineNeeds, { directory, runId, lease }: Running, items: Items): Promise<void> {
  const rows = await storage.read.all<{ group_anchor: string; dn: string; content: string; group_id: string | null; added: number; removed: number }>(
    `SELECT c.group_anchor, g.dn, g.content, g.group_id, c.added, c.removed FROM (
       SELECT group_anchor, sum(CASE WHEN change = 'add' THEN 1 ELSE 0 END) AS added, sum(CASE WHEN change = 'remove' THEN 1 ELSE 0 END) AS removed FROM directory_plan_members WHERE run_id = ? GROUP BY group_anchor) c
     JOIN directory_entries g ON g.directory_id = ? AND g.anchor = c.group_anchor ORDER BY c.group_anchor`, [runId, directory.id])
  for (let start = 0; start < rows.length; start += pageSize) {
    const back = items.mark()
    await storage.write(async (tx) => {
      back()
      await lease.stillHeld(tx)
      await items.add(tx, rows.slice(start, start + pageSize).map((row) => ({
        kind: 'members', anchor: row.group_anchor, userId: null, groupId: row.group_id, name: (JSON.parse(row.content) as { name: string }).name, dn: row.dn, details: { added: Number(row.added), removed: Number(row.removed) },
      })))
    })
  }
}
