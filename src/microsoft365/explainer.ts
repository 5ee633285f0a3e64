/**
 * What Entra's error codes mean for us. The texts are ours: `microsoft.code.<entry>.cause` and `….fix`. Microsoft says that codes
 * may change, so nothing in the program depends on one (section 7.7).
 */
const entries: readonly (readonly [entry: string, codes: readonly number[]])[] = [
  ['wsfed_message', [20001, 20012, 90081, 90087]],
  ['metadata_tenant', [20033]],
  ['signature_invalid', [50006]],
  ['key_not_registered', [5000811]],
  ['signature_unsupported', [500081]],
  ['token_invalid', [50008]],
  ['no_assertion', [500082, 7500514]],
  ['issuer_unknown', [50107, 500083]],
  ['upn_domain', [5000819]],
  ['saml11_shape', [500085, 500086, 500087]],
  ['attribute_missing', [500088]],
  ['saml2_invalid', [500089]],
  ['audience', [50010]],
  ['nameid_missing', [50093]],
  ['method_unknown', [50130]],
  ['session_revoked', [50133]],
  ['validity', [500133]],
  ['wrong_tenant', [50020]],
  ['user_not_found', [50034, 51004]],
  ['disabled', [50057]],
  ['mismatch', [90072]],
  ['immutable_missing', [90020]],
  ['jwt_invalid', [50027]],
  ['external_signature', [500126, 5001256]],
  ['external_issuer', [500277]],
  ['weak_rsa', [50032]],
  ['mfa_needed', [50074, 50076]],
  ['mfa_old', [50078, 70043]],
  ['mfa_enrol', [50079]],
  ['idp_auth_required', [53006, 53007]],
  ['flow_expired', [50089]],
  ['loop', [50196]],
  ['wrong_password', [50126]],
  ['external_not_satisfied', [50158]],
  ['external_claims', [50159]],
  ['external_url', [50161]],
  ['external_unreachable', [50166, 1000021, 1000022]],
  ['external_mapping', [50170]],
  ['external_not_approved', [50172, 900491]],
  ['external_too_large', [90050]],
  ['external_keys', [900612]],
  ['client_secret', [70002, 7000215, 7000218, 7000222]],
  ['app_unknown', [700016]],
  ['client_name', [700021]],
  ['client_audience', [700023]],
  ['client_time', [700024]],
  ['client_certificate', [700027]],
  ['bearer_encoding', [700002, 7000020]],
  ['confirmation_method', [7000011]],
  ['binding', [75001, 75003, 750054]],
  ['saml_message', [75005]],
  ['destination', [75008]],
  ['policy_unsupported', [90082]],
  ['xml', [90107]],
  ['idp_definition', [1000007, 1000008, 1000009, 1000011]],
  ['fido', [135000, 135002, 135003, 135015, 135016, 135018, 135019, 135020, 500344]],
]

const byCode = new Map(entries.flatMap(([entry, codes]) => codes.map((code) => [code, entry] as const)))

export const knownCodes: readonly number[] = [...byCode.keys()]

export interface Explanation {
  readonly code: number
  /** null for a code that is not in the table. */
  readonly entry: string | null
  readonly causeKey: string | null
  readonly fixKey: string | null
}

export interface Explained {
  readonly explanations: readonly Explanation[]
  /** What Entra's page names for its support; shown as it was typed. */
  readonly correlationId: string | null
  readonly requestId: string | null
  readonly timestamp: string | null
}

const longest = 20_000
const most = 10

/** Reads a code, or the whole text of an error page: `AADSTS50107: …`, `Error Code: 50107`, or the bare number. */
export function explain(pasted: string): Explained {
  const text = pasted.slice(0, longest)
  const named = [...text.matchAll(/(?:AADSTS|error\s{1,5}code:?)\s{0,5}(\d{5,7})\b/gi)].map(([, digits = '']) => Number(digits))
  const bare = /^\s*(\d{5,7})\s*$/.exec(text)?.[1]
  const codes = [...new Set(bare === undefined ? named : [Number(bare)])].slice(0, most)
  return {
    explanations: codes.map((code): Explanation => {
      const entry = byCode.get(code) ?? null
      return { code, entry, causeKey: entry === null ? null : `microsoft.code.${entry}.cause`, fixKey: entry === null ? null : `microsoft.code.${entry}.fix` }
    }),
    correlationId: labelled(text, 'correlation id', guid), requestId: labelled(text, '(?:request|trace) id', guid), timestamp: labelled(text, 'timestamp', '[0-9TZ:. +-]{10,32}[0-9Z]'),
  }
}

const guid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'

function labelled(text: string, label: string, value: string): string | null {
  return new RegExp(`${label}\\s{0,5}:?\\s{0,5}(${value})`, 'i').exec(text)?.[1] ?? null
}
