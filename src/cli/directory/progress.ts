import type { DirectoryRun } from '../../directory/sync/index.ts'
import { counted, type Terminal } from '../terminal.ts'

const width = 30

/** A bar where somebody looks on, else a line for each part of a run. */
export function createProgress(terminal: Terminal): { show(run: DirectoryRun): void; end(): void } {
  let told = ''
  return {
    show(run) {
      const text = describe(run)
      if (terminal.rewrite) terminal.rewrite(text)
      else if (run.state !== told) terminal.say(text)
      told = run.state
    },
    end() { terminal.rewrite?.('') },
  }
}

export function describe({ state, readPeople, readGroups, planned, applied, peoplePerSecond }: DirectoryRun): string {
  switch (state) {
    case 'reading': return `reading: ${counted(readPeople, 'person', 'people')}, ${counted(readGroups, 'group', 'groups')}, ${peoplePerSecond} a second`
    case 'planning': return `comparing ${counted(readPeople, 'person', 'people')} and ${counted(readGroups, 'group', 'groups')}`
    case 'applying': {
      const done = Math.round((width * applied) / Math.max(1, planned))
      return `applying [${'#'.repeat(done)}${'.'.repeat(width - done)}] ${applied} of ${planned}`
    }
    default: return state
  }
}
