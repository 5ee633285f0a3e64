import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface PrivateFiles {
  /** Put before a command, it makes that command see the files. */
  readonly before: readonly string[]
  remove(): void
}

/** Why no program here can see files of its own, or undefined when it can. */
export function privateFilesMissing(place: string): string | undefined {
  if (!existsSync(place)) return `there is no ${place}`
  const { status, error } = spawnSync('unshare', ['-Urm', 'mount', '--bind', tmpdir(), place], { stdio: 'ignore' })
  if (status === 0) return undefined
  return error === undefined ? 'unshare and mount (util-linux) may not make file systems of their own here' : 'unshare (util-linux) is not there'
}

/**
 * Files that one program sees in place of a folder of the system. Browsers read their policies at fixed places, and those of other tests run beside
 * this one: nothing is written there.
 */
export function inPlaceOf(place: string, files: Readonly<Record<string, string>>): PrivateFiles {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-private-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return {
    before: ['unshare', '-Urm', 'sh', '-c', 'mount --bind "$1" "$2" && shift 2 && exec "$@"', 'sh', folder, place],
    remove: () => { rmSync(folder, { recursive: true, force: true }) },
  }
}
