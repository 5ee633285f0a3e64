/**
 * For each group of `chosen`: itself and every group inside it, however deep. Groups that hold one another in a circle are each inside the
 * other, once.
 * @param inside the groups that are directly in a group
 */
export function nest(chosen: Iterable<string>, inside: ReadonlyMap<string, readonly string[]>): Map<string, ReadonlySet<string>> {
  const nested = new Map<string, ReadonlySet<string>>()
  for (const group of chosen) {
    const found = new Set([group])
    // A set is walked in the order in which it grows.
    for (const one of found) for (const inner of inside.get(one) ?? []) found.add(inner)
    nested.set(group, found)
  }
  return nested
}
