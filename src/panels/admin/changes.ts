type Detail = string | number | boolean | null

/** What differs, for the audit log: `<name>.before` and `<name>.after`. Lists are written as words. */
export function changesBetween(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>, more: Readonly<Record<string, Detail>> = {}): Record<string, Detail> {
  const details: Record<string, Detail> = {}
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [plain(before[name]), plain(after[name])]
    if (was === is) continue
    details[`${name}.before`] = was
    details[`${name}.after`] = is
  }
  return { ...details, ...more }
}

function plain(value: unknown): Detail {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return Array.isArray(value) ? value.join(' ') : JSON.stringify(value)
}
