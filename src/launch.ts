import { enableCompileCache, flushCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

/** What was compiled is kept beside the packages and is as trusted as they: whoever may write here may change the program anyway. */
export const compiledFolder = fileURLToPath(new URL('../node_modules/.cache/doorward', import.meta.url))

/**
 * To be called before anything else is loaded. The next start then finds the modules without their types and compiled, which
 * halves the time, and leaves out the compiler. A folder that cannot be written is no fault: then it is done each time.
 */
export function beginLaunch(): void {
  // The database names everybody here: what is written is for this account only, whatever folder it lies in.
  process.umask(0o077)
  enableCompileCache(compiledFolder)
  // Loading modules would grow the space for young objects to three times sixteen megabytes, which an idle process keeps for ever.
  setFlagsFromString('--semi-space-growth-factor=1')
}

/** To be called when everything is loaded: from here on memory follows the load. */
export function endLaunch(): void {
  setFlagsFromString('--semi-space-growth-factor=2')
  flushCompileCache()
}
