import { runFido2 } from './fido2.ts'

export interface Registered { readonly rpId: string; readonly challenge: string; readonly clientDataJSON: string; readonly attestationObject: string }

export interface Judgement { readonly credential?: string; readonly aaguid?: string; readonly verified?: boolean; readonly refused?: string }

/** What another library says to a registration. */
export async function judgeWithFido2({ rpId, challenge, clientDataJSON, attestationObject }: Registered): Promise<Judgement> {
  return (await runFido2('attestation.py', { rpId, challenge, clientDataJSON, attestationObject })) as Judgement
}
