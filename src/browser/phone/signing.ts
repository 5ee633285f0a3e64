import type { DecisionText, RequestText } from '../wire.ts'

/** Named by its use, since this file is tested where there is no browser. */
type SigningKey = Parameters<typeof crypto.subtle.sign>[1]

const encoder = new TextEncoder()

/** ECDSA with SHA-256; WebCrypto joins r and s, as the server reads them. */
export async function sign(key: SigningKey, text: string): Promise<string> {
  return base64url(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, encoder.encode(text)))
}

export async function requestText(method: 'GET' | 'POST', path: string, at: number, body: string): Promise<RequestText> {
  return `${method}\n${path}\n${at}\n${base64url(await crypto.subtle.digest('SHA-256', encoder.encode(body)))}`
}

export function activationText(challengeId: string, origin: string): string {
  return `doorward-activation-1\n${challengeId}\n${origin}`
}

export function decisionText(decision: { readonly id: string; readonly decision: string; readonly number: number | null; readonly nonce: string; readonly origin: string; readonly expiresAt: number }): DecisionText {
  return `doorward-approval-1\n${decision.id}\n${decision.decision}\n${decision.number ?? '-'}\n${decision.nonce}\n${decision.origin}\n${decision.expiresAt}`
}

export function base64url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
