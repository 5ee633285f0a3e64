import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const python = '/usr/bin/python3'

/** Yubico's python-fido2, as Debian packages it: a client and a server that share no code with ours. */
export function fido2Missing(): string | undefined {
  return existsSync(python) && existsSync('/usr/lib/python3/dist-packages/fido2') ? undefined : 'python3-fido2 is not installed here'
}

/** Runs a program of this folder, and reads what it says as JSON. @throws Error with what it complains about */
export function runFido2(program: string, input: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [fileURLToPath(new URL(program, import.meta.url))], { stdio: 'pipe', timeout: 30_000 })
    const text = { out: '', err: '' }
    child.stdout.on('data', (part: Buffer) => { text.out += part.toString() })
    child.stderr.on('data', (part: Buffer) => { text.err += part.toString() })
    child.on('error', reject)
    child.on('close', (status) => {
      if (status === 0) resolve(JSON.parse(text.out))
      else reject(new Error(text.err))
    })
    child.stdin.end(JSON.stringify(input))
  })
}
