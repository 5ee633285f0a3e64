import type { Directory, RunOrder } from './directory.ts'

const minute = 60_000

/**
 * Whether a directory's turn has come, and for what. What somebody has asked for goes first; a full reading also whenever changes cannot
 * be asked for.
 */
export function dueOrder(directory: Pick<Directory, 'enabled' | 'requested' | 'removal' | 'runAt' | 'fullAt' | 'cursorAt' | 'error' | 'settings'>, now: number): RunOrder | undefined {
  if (directory.removal !== null) return undefined
  if (directory.requested !== null) return directory.requested
  if (!directory.enabled) return undefined
  const { everySeconds, fullEveryHours } = directory.settings
  if (directory.runAt !== null && now - directory.runAt < everySeconds * 1_000) return undefined
  const fullDue = directory.fullAt === null || now - directory.fullAt >= fullEveryHours * 60 * minute
  return fullDue || directory.cursorAt === null ? 'full' : 'changes'
}

/** Whether administrators must hear that nothing has come through for too long. A new directory has until its first time is over. */
export function isStale(directory: Pick<Directory, 'enabled' | 'removal' | 'successAt' | 'updatedAt' | 'settings'>, now: number): boolean {
  return directory.enabled && directory.removal === null && now - Math.max(directory.successAt ?? 0, directory.updatedAt) > directory.settings.staleMinutes * minute
}
