import { processTerminal, runCommandLine } from './cli/index.ts'

/** `npm run -s doorward -- <command>`: one act of the operator at the machine. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has seen enough, as `head` does.
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
// As in main.ts: a database made by a command is for this account only.
process.umask(0o077)
process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal)
