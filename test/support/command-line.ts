import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { runCommandLine } from '../../src/cli/index.ts'
import type { TestApp } from './app.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))

export interface Ran { readonly code: number | null; readonly out: string; readonly err: string }

export interface RunOptions { readonly environment?: Readonly<Record<string, string>>; readonly input?: string; readonly folder?: string }

/** Parsed code, kept between the processes: half of a short command's time. */
export const compileCache = `${project}node_modules/.cache/doorward`

/** Runs `node src/cli.ts …` as its own process, with nothing of this run's environment but PATH. */
export function runCommand(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${project}src/cli.ts`, ...args], {
      cwd: options.folder ?? project, env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache, DOORWARD_CONFIG: '/dev/null', ...options.environment }, stdio: ['pipe', 'pipe', 'pipe'],
    })
    const text = { out: '', err: '' }
    child.stdout.on('data', (part: Buffer) => { text.out += part.toString() })
    child.stderr.on('data', (part: Buffer) => { text.err += part.toString() })
    child.on('error', reject)
    child.on('close', (code) => { resolve({ code, ...text }) })
    child.stdin.end(options.input ?? '')
  })
}

/** The same without a process of its own, for what needs none: the database is opened anew all the same. */
export async function callCommand(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const text = { out: '', err: '' }
  const code = await runCommandLine(args, {
    environment: { DOORWARD_CONFIG: '/dev/null', ...environment },
    out(line) { text.out += `${line}\n` },
    say(line) { text.err += `${line}\n` },
  })
  return { code, ...text }
}

/** The environment in which a command meets the running application's database. */
export function environmentOf({ foundation: { config } }: TestApp): Record<string, string> {
  return { DOORWARD_DATA_DIR: config.dataDir, DOORWARD_PUBLIC_URL: config.publicUrl, ...(config.database.url === null ? {} : { DOORWARD_DATABASE_URL: config.database.url }) }
}
