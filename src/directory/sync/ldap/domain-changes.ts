import { CursorRefused, type SourceBatch } from '../source.ts'
import type { Cursor } from './cursor.ts'
import { readChangedObjects, readDirSync } from './dirsync.ts'
import { valueOf } from './entry.ts'
import { atLeast, either, expiredBetween, readGroups, readPeople, readPresent, readsGroups, usualControls, type Narrow, type Reading } from './reading.ts'
import { readInvocation } from './root.ts'
import { parseFilter, searchAll, searchFew, type Gap } from './search.ts'
import { Trouble } from './trouble.ts'
import { refuseMovedUnits } from './units.ts'
import { anchorOf } from './values.ts'
import { ValueControl } from './wire.ts'

const showDeleted = '1.2.840.113556.1.4.417'

export async function startOfDomainChanges(reading: Reading, now: number): Promise<Cursor | undefined> {
  const { wire, root } = reading
  // A deleted object keeps its objectGUID and little else, so what is gone can be told by that anchor only.
  const own = isKnownByGuid(reading) ? await readDirSync(reading, undefined) : undefined
  if (own !== undefined) return { kind: 'dirsync', at: now, cookie: own.cookie }
  const invocation = await readInvocation(wire, root)
  return invocation === undefined || root.usn === undefined ? undefined : { kind: 'usn', at: now, invocation, usn: root.usn }
}

export interface DomainEnd { readonly gap: Gap | undefined; readonly presentComplete: boolean; readonly next: Cursor | undefined }

/** What changed in the domain since the cursor, by the way that the cursor is of. */
export async function* readDomainChanges(reading: Reading, cursor: Cursor, now: number): AsyncGenerator<SourceBatch, DomainEnd> {
  if (cursor.kind !== 'dirsync') return yield* readCounted(reading, cursor, now)
  const changed = await readDirSync(reading, cursor.cookie)
  if (changed === undefined) throw new CursorRefused('the account may not ask for changes any more')
  const gap = yield* readChangedObjects(reading, changed, cursor.at, now)
  return { gap, presentComplete: false, next: { kind: 'dirsync', at: now, cookie: changed.cookie } }
}

/**
 * What changed on this domain controller since the cursor. Where the account may see deleted objects, everything that
 * changed and is not among the people and groups has left them; elsewhere the anchors of all that is there tell it.
 */
async function* readCounted(reading: Reading, cursor: Cursor, now: number): AsyncGenerator<SourceBatch, DomainEnd> {
  const { wire, root } = reading
  const invocation = await readInvocation(wire, root)
  if (cursor.kind !== 'usn' || root.usn === undefined || invocation !== cursor.invocation) throw new CursorRefused('another domain controller answers')
  if (BigInt(root.usn) < BigInt(cursor.usn)) throw new CursorRefused('the domain controller has gone back in time')
  const next: Cursor = { kind: 'usn', at: now, invocation, usn: root.usn }
  const changed = atLeast('uSNChanged', String(BigInt(cursor.usn) + 1n))
  await refuseMovedUnits(reading, changed, cursor.at)

  const seesDeleted = isKnownByGuid(reading) && await mayReadDeleted(reading)
  // Read first: what changes between the two reads is then at most read as a person without having been a candidate.
  const { left, gap: leftGap } = seesDeleted ? await readChangedAnchors(reading, changed) : { left: new Set<string>(), gap: undefined }
  const stays = (anchor: string): void => { left.delete(anchor) }
  const people = yield* readPeople(reading, either(changed, expiredBetween(cursor.at, now)), { onAnchor: stays })
  const groups = readsGroups(reading) ? yield* readGroups(reading, changed, { onAnchor: stays }) : { gap: undefined }
  const found = people.gap ?? groups.gap ?? leftGap
  if (seesDeleted) {
    const gone = found === undefined ? [...left] : []
    for (let at = 0; at < gone.length; at += 1_000) yield { people: [], groups: [], gone: gone.slice(at, at + 1_000) }
    return { gap: found, presentComplete: false, next }
  }
  const present = yield* readPresent(reading)
  const gap = found ?? present.gap
  return { gap, presentComplete: gap === undefined && present.count > 0, next }
}

function isKnownByGuid({ settings }: Reading): boolean {
  return settings.anchor.toLowerCase() === 'objectguid'
}

/** Everything in the domain that changed, deleted objects included, by its anchor. */
async function readChangedAnchors({ wire, root }: Reading, changed: Narrow): Promise<{ left: Set<string>; gap: Gap | undefined }> {
  const left = new Set<string>()
  const controls = [...usualControls(root), new ValueControl(showDeleted, undefined, true)]
  const pages = searchAll(wire, { base: root.domain ?? '', scope: 'sub', filter: changed(parseFilter('(objectClass=*)')), attributes: ['objectGUID'], controls })
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
