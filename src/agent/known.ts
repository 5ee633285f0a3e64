import { createHmac } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fromBase64url, lengthPrefixed } from '../browser/pairing/bytes.ts'

/** What this computer has seen of which keys the phone holds. */
export interface Known {
  look(rpId: string, id: string): 'here' | 'elsewhere' | undefined
  /** Keeps it, for later starts too. */
  note(rpId: string, ids: readonly string[], where: 'here' | 'elsewhere'): void
}

/** A key that was taken back on the phone, or whose account is suspended, may be there again later. */
const elsewhereMilliseconds = 24 * 60 * 60 * 1000
const most = 2_000

/** By a text that says neither the site nor the id; the time until which a key is elsewhere, or 0. */
type Notes = Record<string, number>

/** Next to what is kept of the pairing: gone with it. */
export function knownPath(statePath: string): string {
  return `${statePath.replace(/\.json$/, '')}-known.json`
}

/** @param secret of the pairing: another one knows nothing */
export async function loadKnown({ path, secret, now = Date.now }: { readonly path: string; readonly secret: Uint8Array; readonly now?: () => number }): Promise<Known> {
  const notes = new Map(Object.entries(await readNotes(path)))
  let writing: Promise<void> = Promise.resolve()
  const nameOf = (rpId: string, id: string): string => createHmac('sha256', secret).update(lengthPrefixed('doorward-known-1', rpId, fromBase64url(id))).digest('base64url')
  return {
    look(rpId, id) {
      const until = notes.get(nameOf(rpId, id))
      if (until === 0) return 'here'
      // Further away than a day it was written by a clock that was wrong.
      return until !== undefined && until > now() && until <= now() + elsewhereMilliseconds ? 'elsewhere' : undefined
    },
    note(rpId, ids, where) {
      const until = where === 'here' ? 0 : now() + elsewhereMilliseconds
      for (const name of ids.map((id) => nameOf(rpId, id))) {
        // What was heard last goes last, so that the oldest goes first.
        notes.delete(name)
        notes.set(name, until)
      }
      for (const name of [...notes.keys()].slice(0, Math.max(0, notes.size - most))) notes.delete(name)
      // Not being kept costs a question more.
      writing = writing.then(() => writeNotes(path, Object.fromEntries(notes))).catch(() => undefined)
    },
  }
}

export async function forgetKnown(path: string): Promise<void> {
  await rm(path, { force: true })
}

async function readNotes(path: string): Promise<Notes> {
  try {
    const notes: unknown = JSON.parse(await readFile(path, 'utf8'))
    return Object.fromEntries(Object.entries(notes ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
  } catch {
    return {}
  }
}

async function writeNotes(path: string, notes: Notes): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const fresh = `${path}.${process.pid}`
  await writeFile(fresh, JSON.stringify(notes), { mode: 0o600 })
  await rename(fresh, path)
}
