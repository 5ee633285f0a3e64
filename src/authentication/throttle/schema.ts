import { bigint, defineTable, integer, key } from '../../storage/index.ts'

export interface AttemptLimitRow { name: string; attempts: number; resetsAt: number }
export const AttemptLimitTable = defineTable<AttemptLimitRow>('attempt_limits', { name: key, attempts: integer, resetsAt: bigint })

export interface ReplayRow { name: string; expiresAt: number }
export const ReplayTable = defineTable<ReplayRow>('replays', { name: key, expiresAt: bigint })

