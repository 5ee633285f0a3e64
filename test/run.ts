import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startVitest, type TestCase } from 'vitest/node'

/**
 * `npm test [files]`: types, lint, then all tests on both databases and in a real browser. The last line counts them.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const filters = process.argv.slice(2)
const started = performance.now()
const failures: string[] = []
const skipped: string[] = []
let passed = 0

if (filters.length === 0) {
  for (const [command, ...args] of [['tsc', '-p', '.'], ['tsc', '-p', 'src/browser'], ['oxlint', '--deny-warnings', 'src', 'test', 'migrations', 'config']] as const) {
    const result = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
    if (result.status === 0) passed++
    else failures.push(`${command} ${args.join(' ')}`)
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { process.exit(1) })
// Parsed code of the libraries, kept between the processes of the files.
process.env['NODE_COMPILE_CACHE'] ??= `${root}node_modules/.cache/doorward`
const vitest = await startVitest('test', filters, { config: 'test/vitest.config.ts', root, watch: false })
for (const module of vitest.state.getTestModules()) {
  for (const test of module.children.allTests()) count(test)
  if (module.state() === 'failed' && [...module.children.allTests('failed')].length === 0) failures.push(`${module.relativeModuleId}: ${module.errors()[0]?.message ?? 'the file could not run'}`)
}
const unhandled = vitest.state.getUnhandledErrors().length
if (unhandled > 0) failures.push(`${unhandled} errors outside of any test`)
await vitest.close()

if (passed + failures.length === 0) failures.push('no test ran')
for (const line of skipped) console.log(`skipped: ${line}`)
for (const line of failures) console.log(`failed: ${line}`)
console.log(`${((performance.now() - started) / 1_000).toFixed(1)} s`)
console.log(`${passed} passed, ${failures.length} failed, ${skipped.length} skipped`)
process.exit(failures.length === 0 ? 0 : 1)

function count(test: TestCase): void {
  const result = test.result()
  if (result.state === 'passed') passed++
  else if (result.state === 'skipped') skipped.push(`${test.fullName} (${result.note ?? 'switched off'})`)
  else failures.push(`${test.module.relativeModuleId} > ${test.fullName}`)
}
