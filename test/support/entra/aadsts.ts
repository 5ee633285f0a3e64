/** Codes of Entra that the simulator answers, with texts in our own words. Tests compare the numbers, people read the texts. */
const texts = {
  20001: 'the WS-Federation response is not one this realm can read',
  20012: 'the WS-Federation message is not one this realm can read',
  50006: 'the signature does not verify',
  50008: 'the SAML token is not acceptable',
  50010: 'the token is meant for another audience',
  50020: 'the user belongs to another tenant',
  50027: 'the JWT is not acceptable',
  50032: 'the RSA key is too weak',
  50034: 'no such user in the tenant',
  50057: 'the account is disabled',
  50059: 'no tenant can be told from the request',
  50074: 'multi-factor authentication is needed and was not done',
  50076: 'a policy asks for multi-factor authentication',
  50078: 'the authentication is too old for what was asked',
  50089: 'the flow is unknown, was used, or took too long',
  50093: 'the assertion names nobody: NameID is missing or not of the persistent kind',
  50107: 'no federated domain has this issuer',
  50130: 'the authentication method is not known',
  50126: 'wrong user name or password',
  50158: 'the external challenge was not satisfied',
  50159: 'the external provider did not return the claims that were asked for',
  50161: 'the authorization address of the external provider is not a reply address of its application',
  50166: 'the external provider could not be asked',
  50170: 'the user is not registered for the external method',
  50172: 'the external provider is not approved',
  50196: 'the same sign-in goes round in a loop',
  51004: 'the user is not in the directory',
  53006: 'multi-factor authentication by the federated provider is needed',
  65001: 'the user or an administrator has not consented',
  70002: 'the client could not be verified',
  70011: 'the scope is not valid',
  70016: 'the device has not been approved yet',
  70018: 'the code of the device is not known',
  70019: 'the code of the device has expired',
  70020: 'the code of the device was declined or used',
  70043: 'a sign-in frequency asks for a fresh sign-in',
  75001: 'the SAML message cannot be read in this binding',
  75003: 'only the POST binding is taken here',
  75008: 'the message was sent to another destination',
  90002: 'no such tenant',
  90014: 'a field of the request is missing',
  90020: 'the SAML 1.1 assertion names no ImmutableID',
  90023: 'the request is not one this endpoint can read',
  90050: 'the answer of the external provider is too large',
  90072: 'the user that the token names is not the user of this ImmutableID',
  90081: 'the WS-Federation message is not what was asked for',
  90087: 'the WS-Federation message cannot be made into a token',
  90107: 'the XML is not well formed',
  500081: 'the assertion has no signature that is supported here',
  500082: 'the response contains no assertion',
  500083: 'no trusted realm fits the issuer of the assertion',
  500085: 'the version of the SAML 1.1 assertion is wrong',
  500086: 'the AssertionID is not an XML identifier',
  500087: 'the SAML 1.1 assertion makes no statement',
  500088: 'the SAML 1.1 assertion lacks an attribute',
  500089: 'the SAML 2.0 assertion is not valid',
  500126: 'the key or the signature of the external id_token is not right',
  500133: 'the assertion is outside of its time',
  500277: 'the issuer of the external id_token is not the registered one',
  700002: 'the SAML 1.1 assertion is not base64',
  700003: 'the grant is not supported for this client',
  700016: 'the application is not in the directory',
  700021: 'issuer and subject of the client assertion are not the client',
  700023: 'the audience of the client assertion is another one',
  700024: 'the client assertion is outside of its time',
  700027: 'the client assertion is not signed by a registered certificate',
  750054: 'the field of the SAML message is missing',
  900491: 'the service principal of the external provider is not in the tenant',
  900612: 'the keys of the external provider cannot be read',
  1000009: 'the domain is federated by another protocol',
  5000811: 'the key that signed the assertion is not registered for the domain',
  5000819: 'the assertion lacks the address of the user, or it is of another domain',
  5001256: 'the external id_token cannot be read',
  7000011: 'the method of the SubjectConfirmation is not bearer',
  7000020: 'the SAML 2.0 assertion is not base64url',
  7000218: 'the client sent nothing to prove itself with',
  7500514: 'the message holds neither a Response nor an Assertion',
} as const

export type Code = keyof typeof texts

export interface Refusal {
  readonly code: Code
  /** Expected and actual, for whoever reads the failing test. */
  readonly detail: string
}

export function refusal(code: Code, detail: string): Refusal {
  return { code, detail }
}

/** @returns the line people see: number, our words, and what exactly was wrong. */
export function textOf({ code, detail }: Refusal): string {
  return `AADSTS${code}: ${texts[code]}. ${detail}`
}

/** One numbered line of the tables this simulator is made from; answers why it refuses, or nothing. */
export interface Check<Context> {
  /** The table and the number in it: `7.2 #4`. */
  readonly number: string
  readonly is: string
  refuse(context: Context): Refusal | undefined
}

export interface Failure { readonly check: string; readonly refusal: Refusal }

/** Runs the checks in their order; the first that refuses decides. */
export function firstFailure<Context>(checks: readonly Check<Context>[], context: Context): Failure | undefined {
  for (const check of checks) {
    const refused = check.refuse(context)
    if (refused) return { check: check.number, refusal: refused }
  }
  return undefined
}
