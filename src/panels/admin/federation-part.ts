import type { ConnectFact } from './connect-fact.ts'

export interface CertificateRow {
  readonly id: string
  readonly stateKey: string
  readonly active: boolean
  readonly fingerprint: string
  readonly notAfter: number
  readonly pem: string
}

export interface Guide { readonly product: string; readonly textKey: string; readonly id: string; readonly code: string }

export interface Preview {
  readonly person: string
  readonly errors: { readonly person: string | null }
  /** null until a person is named. */
  readonly result: {
    readonly name: string
    readonly nameIdKey: string
    /** null where it is another one each time; '' where there is none, so that nobody is signed in. */
    readonly nameId: string | null
    readonly nameIdMissing: boolean
    readonly rows: readonly { readonly name: string; readonly friendlyName: string | null; readonly values: readonly string[]; readonly tooMany: boolean }[]
  } | null
}

/** The part of an application's page that SAML and WS-Federation have. */
export interface FederationPart {
  readonly stepsKey: string
  readonly facts: readonly ConnectFact[]
  readonly more: readonly ConnectFact[]
  readonly metadataUrl: string
  readonly certificates: readonly CertificateRow[]
  readonly guides: readonly Guide[]
  readonly addresses: readonly string[]
  readonly signOut: readonly string[]
  readonly nameIdKey: string
  /** Certificates of the application. */
  readonly keys: readonly { readonly useKey: string; readonly fingerprint: string; readonly notAfter: number; readonly ended: boolean }[]
  readonly signedRequests: boolean
  readonly allowsSha1: boolean
  readonly metadata: { readonly url: string; readonly readAt: number | null; readonly problemKey: string | null } | null
  /** null for those who may not look at people. */
  readonly preview: Preview | null
}
