import type { TestProject } from 'vitest/node'
import { useServer } from './postgres.ts'
import { startCluster } from './postgres-cluster.ts'

/** One PostgreSQL cluster for the whole run, or the one that the environment names; each test file makes databases of its own in it. */
export default async function setup(_project: TestProject): Promise<() => void> {
  const given = process.env['DOORWARD_TEST_POSTGRES']
  const cluster = given === undefined ? await startCluster('memory') : undefined
  const url = given ?? cluster?.url
  if (url !== undefined) await useServer(url)
  return () => { cluster?.stop() }
}
