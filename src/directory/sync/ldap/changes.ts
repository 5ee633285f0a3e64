import { CursorRefused, type SourceBatch } from '../source.ts'
import { readContentSync } from './content-sync.ts'
import type { Cursor } from './cursor.ts'
import { textsOf } from './entry.ts'
import { beyond, atLeast, readGroups, readPeople, readPresent, readsGroups, type Narrow, type Reading } from './reading.ts'
import { suffixOf } from './root.ts'
import { readOne, type Gap } from './search.ts'
import { refuseMovedUnits } from './units.ts'
import { toGeneralizedTime } from './values.ts'

/** Clocks of servers differ; what changed a little before is read once more, which changes nothing. */
const overlapMilliseconds = 300_000

/** Where a later read may go on from, as things are before this read begins: what changes meanwhile is read then. */
export async function startOfChanges({ wire, root, settings }: Reading, now: number): Promise<Cursor> {
  const suffix = suffixOf(root, settings.base)
  const entry = suffix === undefined ? undefined : await readOne(wire, suffix, ['contextCSN'])
  const seen = Object.fromEntries((entry ? textsOf(entry, 'contextCSN') : []).map((csn) => [replicaOf(csn), csn]))
  return Object.keys(seen).length > 0 ? { kind: 'csn', at: now, seen } : { kind: 'time', at: now }
}

/** The replica that made a change: `20261124090000.123456Z#000000#001#000000`, the third part. */
function replicaOf(csn: string): string {
  return csn.split('#')[2] ?? ''
}

/**
 * What changed in OpenLDAP or a directory like it since the cursor, and who is gone. A server that counts changes and counted none is
 * asked nothing; one that keeps no account of its content is asked for the anchors of all that is there, for there are no tombstones.
 */
export async function* readChanges(reading: Reading, cursor: Cursor, start: Cursor): AsyncGenerator<SourceBatch, { readonly gap: Gap | undefined; readonly presentComplete: boolean }> {
  let narrow: Narrow
  if (cursor.kind === 'csn') {
    if (start.kind !== 'csn') throw new CursorRefused('the server does not count changes any more')
    const since = oldestUnseen(cursor.seen, start.seen)
    if (since === 'nothing') return { presentComplete: false, gap: undefined }
    narrow = beyond('entryCSN', since)
  } else {
    narrow = atLeast('modifyTimestamp', toGeneralizedTime(cursor.at - overlapMilliseconds))
  }
  await refuseMovedUnits(reading, narrow, cursor.at - overlapMilliseconds)
  const told = cursor.kind === 'csn' ? yield* readContentSync(reading, cursor.seen) : undefined
  if (told) return told
  const people = yield* readPeople(reading, narrow)
  const groups = readsGroups(reading) ? yield* readGroups(reading, narrow) : { gap: undefined }
  const present = yield* readPresent(reading)
  const gap = people.gap ?? groups.gap ?? present.gap
  return { presentComplete: gap === undefined && present.count > 0, gap }
}

/** The earliest change that may be new: replicas are compared one by one, for the changes of one may arrive late. */
export function oldestUnseen(before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string {
  const changed = Object.entries(now).filter(([replica, csn]) => before[replica] !== csn)
  if (changed.length === 0) return 'nothing'
  const since = changed.map(([replica, csn]) => {
    const last = before[replica]
    if (last === undefined) throw new CursorRefused('another replica has joined')
    if (last > csn) throw new CursorRefused('the server has gone back in time')
    return last
  })
  return since.sort()[0] ?? 'nothing'
}
