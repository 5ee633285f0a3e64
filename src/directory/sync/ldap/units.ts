import { CursorRefused } from '../source.ts'
import { textOf } from './entry.ts'
import { usualControls, type Narrow, type Reading } from './reading.ts'
import { parseFilter, searchFew } from './search.ts'
import { generalizedTime } from './values.ts'

/**
 * A unit with a new name gives everything below it a new name, which none of the entries says of itself. Units that are new
 * have nobody yet whom we would know by another name.
 *
 * @throws CursorRefused when one that is older than `before` is among the changed.
 */
export async function refuseMovedUnits({ wire, root, kind, settings }: Reading, changed: Narrow, before: number): Promise<void> {
  const created = kind === 'active-directory' ? 'whenCreated' : 'createTimestamp'
  const filter = changed(parseFilter('(|(objectClass=organizationalUnit)(objectClass=organization))'))
  for (const base of new Set([settings.base, settings.groupBase ?? settings.base])) {
    const units = await searchFew(wire, { base, scope: 'sub', filter, attributes: [created], controls: usualControls(root) })
    const old = units.find((unit) => (generalizedTime(textOf(unit, created)) ?? 0) < before)
    if (old) throw new CursorRefused(`the unit ${old.dn} was changed`)
  }
}
