export const protocol = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const assertion = 'urn:oasis:names:tc:SAML:2.0:assertion'

export const messageNames = ['AuthnRequest', 'LogoutRequest', 'LogoutResponse', 'Response'] as const
export type MessageName = typeof messageNames[number]

/** Who asks whom. An endpoint under test gives its own, so that nothing but the attack is wrong with a message. */
export interface Parties {
  readonly issuer: string
  readonly destination: string
  readonly acsUrl: string
  /** Issuer of a Response that comes to us. */
  readonly now: Date
}

export interface MessageParts {
  readonly id: string
  /** What an attacker wants to change: the ACS URL of an AuthnRequest, the person of the others. */
  readonly claim: string
  /** Right after the Issuer, where the schema wants the signature. */
  readonly afterIssuer?: string
  readonly atEnd?: string
  readonly namespaces?: string
}

/** A message as a service provider writes it, on one line. */
export function aMessage(name: MessageName, { issuer, destination, now }: Parties, { id, claim, afterIssuer = '', atEnd = '', namespaces = '' }: MessageParts): string {
  const instant = now.toISOString()
  const begin = (more = ''): string => `<samlp:${name} xmlns:samlp="${protocol}" xmlns:saml="${assertion}"${namespaces} ID="${id}" Version="2.0" IssueInstant="${instant}" Destination="${destination}"${more}>`
    + `<saml:Issuer>${issuer}</saml:Issuer>${afterIssuer}`
  const success = '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
  const end = `${atEnd}</samlp:${name}>`
  switch (name) {
    case 'AuthnRequest':
      return `${begin(` AssertionConsumerServiceURL="${claim}"`)}<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified" AllowCreate="true"/>${end}`
    case 'LogoutRequest':
      return `${begin()}<saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">${claim}</saml:NameID><samlp:SessionIndex>_s1</samlp:SessionIndex>${end}`
    case 'LogoutResponse':
      return `${begin(` InResponseTo="${claim}"`)}${success}${end}`
    case 'Response':
      return `${begin(' InResponseTo="_r1"')}${success}<saml:Assertion ID="${id}a" Version="2.0" IssueInstant="${instant}"><saml:Issuer>${issuer}</saml:Issuer>`
        + `<saml:Subject><saml:NameID>${claim}</saml:NameID></saml:Subject></saml:Assertion>${end}`
  }
}

/** What the message says in the place that attackers go for; written without any parser, for comparisons in tests. */
export function honestClaim(name: MessageName, { acsUrl }: Parties): string {
  return name === 'AuthnRequest' ? acsUrl : name === 'LogoutResponse' ? '_request1' : 'ada@example.org'
}

export function evilClaim(name: MessageName): string {
  return name === 'AuthnRequest' ? 'https://attacker.example/acs' : name === 'LogoutResponse' ? '_request2' : 'root@example.org'
}
