import { defineConfig } from 'vitest/config'
import { DearFirst } from './order.ts'

const shared = { environment: 'node', pool: 'forks', restoreMocks: true } as const
/** In these a clock runs: how long answers take, how soon a phone is asked, what a whole emulated computer does within its time. */
const timed = ['test/integration/sign-in-timing.test.ts']
const timedInBrowsers = ['phone-pairing', 'extension-phone', 'agent-kernel'].map((name) => `test/e2e/${name}.test.ts`)

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default'],
    sequence: { sequencer: DearFirst },
    // One group after the other. Those without a browser may be one more than the two cores they are made for: signing in waits a tenth of a second for each answer.
    projects: [
      { extends: true, test: { ...shared, name: 'conformance', maxWorkers: 2, sequence: { groupOrder: 0 }, include: ['test/conformance/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
      { extends: true, test: { ...shared, name: 'timed', maxWorkers: 2, sequence: { groupOrder: 0 }, include: timed, testTimeout: 60_000, hookTimeout: 60_000 } },
      { extends: true, test: { ...shared, name: 'unit', maxWorkers: 3, sequence: { groupOrder: 1 }, include: ['test/unit/**/*.test.ts', 'test/*.test.ts'], testTimeout: 20_000 } },
      { extends: true, test: { ...shared, name: 'integration', maxWorkers: 3, sequence: { groupOrder: 1 }, include: ['test/integration/**/*.test.ts'], exclude: timed, testTimeout: 60_000, hookTimeout: 60_000 } },
      { extends: true, test: { ...shared, name: 'e2e', maxWorkers: 2, sequence: { groupOrder: 2 }, include: ['test/e2e/**/*.test.ts'], exclude: timedInBrowsers, testTimeout: 120_000, hookTimeout: 120_000 } },
      { extends: true, test: { ...shared, name: 'e2e-timed', maxWorkers: 1, sequence: { groupOrder: 3 }, include: timedInBrowsers, testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
})
