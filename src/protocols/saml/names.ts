/** Names of SAML 2.0 (Core, Bindings, Profiles), as this room writes and reads them. */
export const assertionNamespace = 'urn:oasis:names:tc:SAML:2.0:assertion'
export const protocolNamespace = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const postBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'
export const redirectBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
export const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'

const status = 'urn:oasis:names:tc:SAML:2.0:status:'
export const statuses = {
  success: `${status}Success`, requester: `${status}Requester`, responder: `${status}Responder`,
  noPassive: `${status}NoPassive`, authnFailed: `${status}AuthnFailed`, noAuthnContext: `${status}NoAuthnContext`, requestDenied: `${status}RequestDenied`,
  invalidNameIdPolicy: `${status}InvalidNameIDPolicy`, unknownPrincipal: `${status}UnknownPrincipal`, partialLogout: `${status}PartialLogout`,
} as const

/** Whoever's clock differs by more is told so (SEC-24 allows a minute; Entra wants servers in step). */
export const skewMilliseconds = 60_000
/** How old a request may be when it arrives: its person may have looked at another page before. */
export const requestAgeMilliseconds = 10 * 60_000
/** The longest name of a person that a message may carry; ours have at most 320 characters. What is longer would only fill the database while it waits. */
export const longestName = 1_024
