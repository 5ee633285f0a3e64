import { randomUUID } from 'node:crypto'
import { textOf, refusal } from './aadsts.ts'
import type { Asked, Flow } from './flows.ts'
import type { Nexus, RequestSignature } from './nexus.ts'
import { page, postingForm } from './page.ts'
import type { Answer, Route } from './server.ts'
import type { Domain, Federation } from './tenant.ts'
import { multipleAuthentication, realm, type World } from './world.ts'
import { escapeXml, names } from './xml.ts'

/**
 * How a sign-in begins, combined with commas:
 * `mfa` asks for a second factor · `fresh` for a new authentication · `prompt` sends prompt=login · `translate` sends wfresh=0 with the
 * password method · `by-domain` does what the domain's promptLoginBehavior says · `no-username` leaves the hint out · `signed-sha1`,
 * `signed-sha256` sign the AuthnRequest (a domain that requires it signs with SHA-1 anyway) · `next-key` signs with the second key.
 */
export const variants = ['mfa', 'fresh', 'prompt', 'translate', 'by-domain', 'no-username', 'signed-sha1', 'signed-sha256', 'next-key'] as const
export type Variant = (typeof variants)[number]

const passwordMethod = 'http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password'

export interface Start {
  readonly routes: readonly Route[]
  /** Sends the browser to the identity provider of the domain; a policy that needs more does so as well. */
  begin(upn: string, domain: Domain, chosen: readonly Variant[], isStepUp?: boolean): Answer
}

export function createStart({ directory, flows, now }: World, nexus: Nexus): Start {
  const begin: Start['begin'] = (upn, domain, chosen, isStepUp = false) => {
    const ruling = directory.ruling(domain)
    if (!ruling.federation) throw new Error(`${ruling.name} has no federation to begin at`)
    const expanded = chosen.flatMap((variant) => (variant === 'by-domain' ? byDomain(ruling.federation) : [variant]))
    const asked: Asked = { mfa: expanded.includes('mfa'), fresh: ['fresh', 'prompt', 'translate'].some((variant) => expanded.includes(variant as Variant)) }
    const flow = flows.begin({ upn, domain: ruling, asked, isStepUp })
    return ruling.federation.preferredAuthenticationProtocol === 'saml' ? samlRequest(flow, ruling.federation, expanded) : wsFedRequest(flow, ruling.federation, expanded)
  }

  /** Section 1.2. */
  function samlRequest(flow: Flow, federation: Federation, chosen: readonly Variant[]): Answer {
    const algorithm: RequestSignature | undefined = chosen.includes('signed-sha256') ? 'sha256' : chosen.includes('signed-sha1') || federation.isSignedAuthenticationRequestRequired === true ? 'sha1' : undefined
    const attributes = `ID="${flow.requestId}" Version="2.0" IssueInstant="${new Date(now()).toISOString()}"`
      + (algorithm ? ` Destination="${escapeXml(federation.passiveSignInUri)}"` : '') + (flow.asked.fresh ? ' ForceAuthn="true"' : '')
    const context = flow.asked.mfa
      ? `<samlp:RequestedAuthnContext Comparison="exact"><AuthnContextClassRef xmlns="${names.saml2}">${multipleAuthentication}</AuthnContextClassRef></samlp:RequestedAuthnContext>` : ''
    const xml = `<samlp:AuthnRequest xmlns:samlp="${names.samlp}" ${attributes}><Issuer xmlns="${names.saml2}">${realm}</Issuer>`
      + `<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/>${context}</samlp:AuthnRequest>`
    const request = algorithm ? nexus.sign(xml, algorithm, chosen.includes('next-key') ? 'next' : 'current') : xml
    const username = chosen.includes('no-username') ? {} : { username: flow.upn }
    return postingForm(federation.passiveSignInUri, { SAMLRequest: Buffer.from(request).toString('base64'), RelayState: flow.context, ...username })
  }

  /** Section 2.1: the parameters in the order they are seen in, the empty ones too. */
  function wsFedRequest(flow: Flow, federation: Federation, chosen: readonly Variant[]): Answer {
    const parameters: [string, string][] = [['client-request-id', flow.correlationId], ['wa', 'wsignin1.0'], ['wtrealm', realm], ['wctx', flow.context], ['cbcxt', '']]
    if (!chosen.includes('no-username')) parameters.push(['username', flow.upn])
    parameters.push(['mkt', ''], ['lc', ''])
    if (chosen.includes('fresh') || chosen.includes('translate')) parameters.push(['wfresh', '0'])
    if (flow.asked.mfa) parameters.push(['wauth', multipleAuthentication])
    else if (chosen.includes('translate')) parameters.push(['wauth', passwordMethod])
    if (chosen.includes('prompt')) parameters.push(['prompt', 'login'])
    // Entra writes %20, not +, and its percent signs in lower case.
    const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll(/%[0-9A-F]{2}/g, (sign) => sign.toLowerCase())}`).join('&')
    return { status: 302, headers: { location: `${federation.passiveSignInUri}${federation.passiveSignInUri.includes('?') ? '&' : '?'}${query}` } }
  }

  return {
    begin,
    routes: [{
      face: 'login', method: 'GET', path: '/start', answer: ({ query }) => {
        const upn = query.get('login_hint') ?? ''
        const chosen = (query.get('variant') ?? '').split(',').filter((variant) => variant !== '')
        const unknown = chosen.find((variant) => !(variants as readonly string[]).includes(variant))
        if (unknown !== undefined) return page(400, 'refused', 'Unknown variant', escapeXml(unknown))
        const domain = directory.domainOfUpn(upn)
        if (!domain?.isVerified) return page(400, 'refused', 'Sorry', escapeXml(textOf(refusal(50059, `no domain of "${upn}"`))))
        if (domain.authenticationType === 'Managed' || !directory.ruling(domain).federation) return page(200, 'managed', 'Enter password', `The domain ${escapeXml(domain.name)} is managed: Entra itself asks for the password.`)
        return begin(upn, domain, chosen as Variant[])
      },
    }],
  }
}

function byDomain(federation: Federation | undefined): Variant[] {
  switch (federation?.promptLoginBehavior) {
    case 'nativeSupport': return ['prompt']
    case 'disabled': return ['fresh']
    case 'translateToFreshPasswordAuthentication':
    case undefined: return ['translate']
  }
}

/** The id of a message that Entra sends. */
export function messageId(): string {
  return `_${randomUUID()}`
}
