import { CursorRefused, type SourceBatch, type SourceEnd } from '../source.ts'
import type { Cursor } from './cursor.ts'
import { textOf, valueOf } from './entry.ts'
import { atLeast, changedOrExpired, readGroups, readPeople, readPresent, readsGroups, usualControls, type Reading } from './reading.ts'
import { readInvocation } from './root.ts'
import { parseFilter, searchAll, searchFew, type Gap } from './search.ts'
import { Trouble } from './trouble.ts'
import { anchorOf, generalizedTime } from './values.ts'
import { ValueControl } from './wire.ts'

const showDeleted = '1.2.840.113556.1.4.417'

export async function startOfDomainChanges({ wire, root }: Reading, now: number): Promise<Cursor | undefined> {
  const invocation = await readInvocation(wire, root)
  return invocation === undefined || root.usn === undefined ? undefined : { kind: 'usn', at: now, invocation, usn: root.usn }
}

/**
 * What changed on this domain controller since the cursor. Where the account may see deleted objects, everything that
 * changed and is not among the people and groups has left them; elsewhere the anchors of all that is there tell it.
 */
export async function* readDomainChanges(reading: Reading, cursor: Cursor, start: Cursor | undefined): AsyncGenerator<SourceBatch, Omit<SourceEnd, 'cursor'> & { readonly gap: Gap | undefined }> {
  if (cursor.kind !== 'usn' || start?.kind !== 'usn' || cursor.invocation !== start.invocation) throw new CursorRefused('another domain controller answers')
  if (BigInt(start.usn) < BigInt(cursor.usn)) throw new CursorRefused('the domain controller has gone back in time')
  const since = String(BigInt(cursor.usn) + 1n)
  await refuseMovedUnits(reading, since, cursor.at)

  const seesDeleted = reading.settings.anchor.toLowerCase() === 'objectguid' && await mayReadDeleted(reading)
  // Read first: what changes between the two reads is then at most read as a person without having been a candidate.
  const { left, gap: leftGap } = seesDeleted ? await readChangedAnchors(reading, since) : { left: new Set<string>(), gap: undefined }
  const stays = (anchor: string): void => { left.delete(anchor) }
  const people = yield* readPeople(reading, changedOrExpired(since, cursor.at, start.at), stays)
  const groups = readsGroups(reading) ? yield* readGroups(reading, atLeast('uSNChanged', since), stays) : { gap: undefined }
  const found = people.gap ?? groups.gap ?? leftGap
  if (seesDeleted) {
    const gone = found === undefined ? [...left] : []
    for (let at = 0; at < gone.length; at += 1_000) yield { people: [], groups: [], gone: gone.slice(at, at + 1_000) }
    return { complete: found === undefined, everything: false, presentComplete: false, gap: found }
  }
  const present = yield* readPresent(reading)
  const gap = found ?? present.gap
  return { complete: gap === undefined, everything: false, presentComplete: gap === undefined && present.count > 0, gap }
}

/** Everything in the domain that changed, deleted objects included, by its anchor. */
async function readChangedAnchors({ wire, root }: Reading, since: string): Promise<{ left: Set<string>; gap: Gap | undefined }> {
  const left = new Set<string>()
  const controls = [...usualControls(root), new ValueControl(showDeleted, undefined, true)]
  const pages = searchAll(wire, { base: root.domain ?? '', scope: 'sub', filter: atLeast('uSNChanged', since)(parseFilter('(objectClass=*)')), attributes: ['objectGUID'], controls })
  let next = await pages.next()
  for (; next.done !== true; next = await pages.next()) {
    for (const entry of next.value.entries) {
      const anchor = anchorOf('objectGUID', valueOf(entry, 'objectGUID'))
      if (anchor !== undefined) left.add(anchor)
    }
  }
  return { left, gap: next.value }
}

/**
 * Only administrators see deleted objects, unless somebody has given the account the right to. Seeing one proves it; where
 * none is seen, there may be none or they may be hidden.
 */
async function mayReadDeleted({ wire, root }: Reading): Promise<boolean> {
  if (!root.controls.has(showDeleted) || root.domain === undefined) return false
  const filter = parseFilter('(isDeleted=TRUE)')
  try {
    return (await searchFew(wire, { base: `CN=Deleted Objects,${root.domain}`, scope: 'one', filter, attributes: ['1.1'], limit: 1, controls: [new ValueControl(showDeleted, undefined, true)] })).length === 1
  } catch (error) {
    if (error instanceof Trouble && ['base', 'access', 'control', 'unwilling'].includes(error.code)) return false
    throw error
  }
}

/** As in `changes.ts`: below a unit with a new name everybody has a new one. */
async function refuseMovedUnits({ wire, root, settings }: Reading, since: string, at: number): Promise<void> {
  const filter = atLeast('uSNChanged', since)(parseFilter('(objectClass=organizationalUnit)'))
  const units = await searchFew(wire, { base: settings.base, scope: 'sub', filter, attributes: ['whenCreated'], controls: usualControls(root) })
  const old = units.find((unit) => (generalizedTime(textOf(unit, 'whenCreated')) ?? 0) < at)
  if (old) throw new CursorRefused(`the unit ${old.dn} was changed`)
}
