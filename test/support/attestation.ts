import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('attestation.py', import.meta.url))

/** Why Yubico's library does not run here, or undefined when it can. */
export function fido2Missing(): string | undefined {
  return existsSync(python) && existsSync('/usr/lib/python3/dist-packages/fido2') ? undefined : 'python3-fido2 is not installed here'
}

export interface Registered { readonly rpId: string; readonly challenge: string; readonly clientDataJSON: string; readonly attestationObject: string }

/** What another library says to a registration. */
export function judgeWithFido2({ rpId, challenge, clientDataJSON, attestationObject }: Registered): { readonly credential?: string; readonly aaguid?: string; readonly verified?: boolean; readonly refused?: string } {
  const { status, stdout, stderr } = spawnSync(python, [script], { input: JSON.stringify({ rpId, challenge, clientDataJSON, attestationObject }), encoding: 'utf8', env: { PYTHONDONTWRITEBYTECODE: '1' } })
  if (status !== 0) throw new Error(`the Python program broke off: ${stderr}`)
  return JSON.parse(stdout) as ReturnType<typeof judgeWithFido2>
}
