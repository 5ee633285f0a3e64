import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Debian's own Python: another one would not find Debian's packages.
const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('password_token.py', import.meta.url))

/** Why Microsoft's client library does not run here, or undefined when it can. */
export function msalMissing(): string | undefined {
  return existsSync(python) && existsSync('/usr/lib/python3/dist-packages/msal') ? undefined : 'python3-msal is not installed here'
}

export interface PasswordOrder {
  /** Ports on loopback for the hosts that it may reach, by `host:port`. */
  readonly hosts: Readonly<Record<string, number>>
  /** PEM of the authorities that it trusts. */
  readonly trusted: readonly string[]
  readonly authority: string
  readonly clientId: string
  readonly username: string
  readonly password: string
  readonly scopes: readonly string[]
}

export type MsalAnswer = Readonly<Partial<Record<'access_token' | 'scope' | 'error' | 'error_description', string>> & { id_token_claims?: Readonly<Record<string, unknown>> }>

/** MSAL for Python, in a process of its own: realm discovery, metadata exchange, WS-Trust, and the token that Entra gives for it. */
export async function askWithMsal({ trusted, ...order }: PasswordOrder): Promise<MsalAnswer> {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-msal-'))
  try {
    const certificates = join(folder, 'authorities.pem')
    writeFileSync(certificates, trusted.join('\n'))
    const child = spawn(python, [script], { env: { HOME: folder, PYTHONDONTWRITEBYTECODE: '1' } })
    let [output, errors] = ['', '']
    child.stdout.on('data', (part: Buffer) => { output += part.toString() })
    child.stderr.on('data', (part: Buffer) => { errors += part.toString() })
    const ended = new Promise<number | null>((done, refuse) => {
      child.once('error', refuse)
      child.once('close', done)
    })
    child.stdin.end(JSON.stringify({ ...order, certificates }))
    if ((await ended) !== 0) throw new Error(`the Python program broke off: ${errors}`)
    return (JSON.parse(output) as { readonly answer: MsalAnswer }).answer
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
