import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './port.ts'

/** `npm start`, in a process of its own. */
export interface Running {
  readonly url: string
  readonly port: number
  readonly child: ChildProcess
  /** Standard output and error so far. */
  output(): string
  errors(): string
  /** Ends when the process does. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  /** Ends when it listens, or throws when it ends before. */
  ready(): Promise<void>
  status(path: string): Promise<number>
}

const project = fileURLToPath(new URL('../..', import.meta.url))

export async function startProcess(dataDir: string, environment: Readonly<Record<string, string>> = {}): Promise<Running> {
  const port = environment['DOORWARD_HTTP_PORT'] === undefined ? await freePort() : Number(environment['DOORWARD_HTTP_PORT'])
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: project, stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', DOORWARD_DATA_DIR: dataDir, DOORWARD_HTTP_HOST: '127.0.0.1', DOORWARD_HTTP_PORT: String(port), DOORWARD_PUBLIC_URL: `http://localhost:${port}`, ...environment },
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', (part: Buffer) => { output += part.toString() })
  child.stderr.on('data', (part: Buffer) => { errors += part.toString() })
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => { child.on('close', (code, signal) => { resolve({ code, signal }) }) })
  return {
    url: `http://localhost:${port}`, port, child, ended, output: () => output, errors: () => errors,
    async ready() {
      let over = false
      void ended.then(() => { over = true })
      while (!output.includes('"listening"')) {
        if (over) throw new Error(`it ended before it listened: ${errors}${output}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    status: (path) => new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }).on('error', reject).end()
    }),
  }
}

export function aDataFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'doorward-process-'))
  return { path, remove: () => { rmSync(path, { recursive: true, force: true }) } }
}
