import type { TestProject } from 'vitest/node'
import { startCluster } from './postgres-cluster.ts'

/** One PostgreSQL cluster for the whole run; each test file makes databases of its own in it. */
export default async function setup(_project: TestProject): Promise<() => void> {
  if (process.env['DOORWARD_TEST_POSTGRES'] !== undefined) return () => undefined
  const cluster = await startCluster('memory')
  if (!cluster) return () => undefined
  process.env['DOORWARD_TEST_POSTGRES'] = cluster.url
  return () => { cluster.stop() }
}
