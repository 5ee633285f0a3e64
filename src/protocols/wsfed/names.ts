/** Names of WS-Federation 1.2, WS-Trust and SAML 1.1, as this room writes and reads them. */
export const bearer = 'urn:oasis:names:tc:SAML:1.0:cm:bearer'
export const saml11 = 'urn:oasis:names:tc:SAML:1.0:assertion'

/** By version of WS-Trust: what clients name, and what they get back. */
export const trustVersions = {
  '2005': {
    namespace: 'http://schemas.xmlsoap.org/ws/2005/02/trust', action: 'http://schemas.xmlsoap.org/ws/2005/02/trust/RST/Issue', answer: 'http://schemas.xmlsoap.org/ws/2005/02/trust/RSTR/Issue',
    issue: 'http://schemas.xmlsoap.org/ws/2005/02/trust/Issue', keyType: 'http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey', prefix: 't',
  },
  '13': {
    namespace: 'http://docs.oasis-open.org/ws-sx/ws-trust/200512', action: 'http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue', answer: 'http://docs.oasis-open.org/ws-sx/ws-trust/200512/RSTRC/IssueFinal',
    issue: 'http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue', keyType: 'http://docs.oasis-open.org/ws-sx/ws-trust/200512/Bearer', prefix: 'trust',
  },
} as const
export type TrustVersion = keyof typeof trustVersions

const methods = 'urn:oasis:names:tc:SAML:1.0:am:'
export const authenticationMethods = { unspecified: `${methods}unspecified`, password: `${methods}password` } as const

/** Entra's word for a sign-in without a second factor (microsoft365 §1.4, 7.3 #13). */
export const passwordProtectedTransport = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'

/** What Microsoft's claims are called: a name and the namespace before it (microsoft365 W-3, W-6, W-7). */
export const identityClaims = 'http://schemas.microsoft.com/ws/2008/06/identity/claims'
export const passwordMethod = /^https?:\/\/schemas\.microsoft\.com\/ws\/2008\/06\/identity\/authenticationmethod\/password$/
