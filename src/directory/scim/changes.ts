import { isDeepStrictEqual } from 'node:util'
import type { Complex, Value } from './values.ts'

/** What differs between two resources, for the audit log. */
export function changesOf(before: Complex, after: Complex): Record<string, string | null> {
  const plain = (value: Value | undefined): string | null => (value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value))
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !isDeepStrictEqual(before[name], after[name]))
  return Object.fromEntries(names.flatMap((name) => {
    const short = name.split(':').at(-2) === '2.0' ? 'enterprise' : name
    return [[`${short}.before`, plain(before[name])], [`${short}.after`, plain(after[name])]]
  }))
}
