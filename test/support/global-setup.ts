import type { TestProject } from 'vitest/node'
import { migrations } from '../../migrations/index.ts'
import { migrate } from '../../src/storage/index.ts'
import { migratedTemplate, onServer } from './postgres.ts'
import { startCluster } from './postgres-cluster.ts'

/** One PostgreSQL cluster for the whole run; each test file makes databases of its own in it. */
export default async function setup(_project: TestProject): Promise<() => void> {
  if (process.env['DOORWARD_TEST_POSTGRES'] !== undefined) return () => undefined
  const cluster = await startCluster('memory')
  if (!cluster) return () => undefined
  process.env['DOORWARD_TEST_POSTGRES'] = cluster.url
  await onServer(cluster.url, `CREATE DATABASE ${migratedTemplate} TEMPLATE template0`)
  await migrate({ kind: 'postgres', url: new URL(`/${migratedTemplate}`, cluster.url).href, poolSize: 2 }, migrations)
  return () => { cluster.stop() }
}
