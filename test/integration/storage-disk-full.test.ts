import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { DiskFullReport } from '../support/children/disk-full.ts'

const child = fileURLToPath(new URL('../support/children/disk-full.ts', import.meta.url))
const mount = ['-m', 'sh', '-c', 'mount -t tmpfs -o size=8m none "$0" && exec "$@"']
const mayMount = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs -o size=1m none /tmp']).status === 0

function run(limit: 'disk' | 'pages'): DiskFullReport {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-full-'))
  try {
    const command = [process.execPath, child, folder, limit]
    const result = limit === 'disk' ? spawnSync('unshare', [...mount, folder, ...command], { encoding: 'utf8' }) : spawnSync(command[0] ?? '', command.slice(1), { encoding: 'utf8' })
    if (result.status !== 0) throw new Error(`the child failed: ${result.stderr}`)
    return JSON.parse(result.stdout) as DiskFullReport
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// A small disk of its own needs the right to mount; SQLite's page limit gives the same error from one layer higher.
it.each([...(mayMount ? ['disk' as const] : []), 'pages' as const])('R-08 answers 503 while the disk is full, reads on, and writes again once there is room (full: %s)', (limit) => {
  const report = run(limit)
  expect(report.refusals).toEqual(Array.from({ length: 20 }, () => 503))
  expect(report.readsWhileFull).toBe(20)
  expect(report.millisecondsUntilWritten).toBeLessThan(5_000)
  expect(report).toMatchObject({ integrity: 'ok', missing: [], unexpected: [] })
})
