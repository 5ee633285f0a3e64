import { beginLaunch, endLaunch } from './launch.ts'

beginLaunch()
const { processTerminal, runCommandLine } = await import('./cli/index.ts')
endLaunch()

/** `npm run -s doorward -- <command>`: one act of the operator at the machine. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has seen enough, as `head` does.
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal)
