import { runFido2 } from './fido2.ts'

export interface Registered { readonly rpId: string; readonly challenge: string; readonly clientDataJSON: string; readonly attestationObject: string }

/** What another library says to a registration. */
export function judgeWithFido2({ rpId, challenge, clientDataJSON, attestationObject }: Registered): { readonly credential?: string; readonly aaguid?: string; readonly verified?: boolean; readonly refused?: string } {
  return runFido2('attestation.py', { rpId, challenge, clientDataJSON, attestationObject }) as ReturnType<typeof judgeWithFido2>
}
