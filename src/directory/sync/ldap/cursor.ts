import { createHash } from 'node:crypto'
import type { DirectoryKind, DirectorySettings } from '../settings.ts'
import { CursorRefused } from '../source.ts'

/** From where the next read goes on. `at` is our own time when the read began, for what changes only because time passes. */
export type Cursor = { readonly at: number } & (
  /** Active Directory's own, for every domain controller alike. */
  | { readonly kind: 'dirsync'; readonly cookie: string }
  /** One domain controller's own counter; another one counts otherwise (invocation id). */
  | { readonly kind: 'usn'; readonly invocation: string; readonly usn: string }
  /** What the replicas had seen, by their number: `000` → the change sequence number. */
  | { readonly kind: 'csn'; readonly seen: Readonly<Record<string, string>> }
  /** The server tells only when entries changed. */
  | { readonly kind: 'time' }
)

export function writeCursor(cursor: Cursor, settings: string): string {
  return JSON.stringify({ version: 1, settings, ...cursor })
}

/** @throws CursorRefused for one of another form, or of other settings: what they would have found, nobody has read. */
export function readCursor(text: string, settings: string): Cursor {
  let value: Partial<Record<string, unknown>>
  try {
    value = (JSON.parse(text) ?? {}) as Partial<Record<string, unknown>>
  } catch (error) {
    throw new CursorRefused('the cursor is not one of ours', { cause: error })
  }
  if (value['version'] !== 1) throw new CursorRefused('the cursor is of another version')
  if (value['settings'] !== settings) throw new CursorRefused('what is read from the directory has been changed')
  const { at, kind, cookie, invocation, usn, seen } = value
  if (typeof at !== 'number') throw new CursorRefused('the cursor has no time')
  if (kind === 'dirsync' && typeof cookie === 'string' && cookie !== '') return { at, kind, cookie }
  if (kind === 'usn' && typeof invocation === 'string' && typeof usn === 'string' && /^\d{1,19}$/.test(usn)) return { at, kind, invocation, usn }
  if (kind === 'csn' && typeof seen === 'object' && seen !== null && Object.values(seen).every((csn) => typeof csn === 'string')) return { at, kind, seen: seen as Record<string, string> }
  if (kind === 'time') return { at, kind }
  throw new CursorRefused('the cursor is of another kind')
}

/** A hash of everything that decides which entries are read and what of them. Servers are not part of it: one may take over. */
export function hashSettings(kind: DirectoryKind, settings: DirectorySettings): string {
  const { base, groupBase, scope, userFilter, groupFilter, anchor, mapping, groups } = settings
  const parts = [kind, base, groupBase, scope, userFilter, groupFilter, anchor, groups.mode === 'none' && !groups.onlyMembers, Object.entries(mapping).sort(([a], [b]) => (a < b ? -1 : 1))]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
}
