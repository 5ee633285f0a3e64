import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { runAgent } from './commands.ts'

/** `node src/agent/main.ts <command>`: on the computer of a person, not where the server runs. */
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { stopping.abort(new Error('stopped')) })

// Keys are written by this process: for this account only, whatever folder they lie in.
process.umask(0o077)

/** Of the folder that was taken away, or of the project. */
function ownVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    const path = new URL(place, import.meta.url)
    if (existsSync(path)) return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
  }
  return '0'
}

const code = await runAgent(process.argv.slice(2), {
  statePath: join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'doorward-agent', 'pairing.json'),
  uhidPath: '/dev/uhid',
  version: ownVersion(),
  fetch,
  signal: stopping.signal,
  terminal: {
    say(text) { process.stdout.write(`${text}\n`) },
    colours: process.stdout.isTTY,
    async ask(question, signal) {
      const lines = createInterface({ input: process.stdin, output: process.stdout })
      const ended = new Promise<undefined>((resolve) => { lines.once('close', () => { resolve(undefined) }) })
      // Ctrl+C is heard here as long as a line is read.
      lines.once('SIGINT', () => { stopping.abort(new Error('stopped')) })
      try {
        return await Promise.race([lines.question(question, { signal }), ended])
      } finally {
        lines.close()
      }
    },
  },
})
// A read of /dev/uhid that waits in the kernel would keep the process.
process.exit(code)
