import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const python = '/usr/bin/python3'

/** Yubico's python-fido2, as Debian packages it: a client and a server that share no code with ours. */
export function fido2Missing(): string | undefined {
  return existsSync(python) && existsSync('/usr/lib/python3/dist-packages/fido2') ? undefined : 'python3-fido2 is not installed here'
}

/** Runs a program of this folder. @throws Error with what it says */
export function runFido2(program: string, input: object): unknown {
  const { status, stdout, stderr } = spawnSync(python, [fileURLToPath(new URL(program, import.meta.url))], { input: JSON.stringify(input), encoding: 'utf8', timeout: 20_000 })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}
