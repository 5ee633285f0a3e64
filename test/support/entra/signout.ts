import { deflateRawSync } from 'node:zlib'
import { firstFailure, refusal, type Check } from './aadsts.ts'
import { refusedPage } from './login/policy.ts'
import { page, postingForm } from './page.ts'
import type { Answer, Ask, Route } from './server.ts'
import { messageId } from './start.ts'
import type { Federation, User } from './tenant.ts'
import { realm, type World } from './world.ts'
import { escapeXml, names, only, readXml, type XmlElement } from './xml.ts'

export interface SignOut {
  readonly routes: readonly Route[]
  isLogoutResponse(ask: Ask): boolean
  takeLogoutResponse(ask: Ask): Answer
}

interface LogoutResponse { readonly world: World; readonly root: XmlElement; readonly outstanding: ReadonlyMap<string, Federation> }

/** There is no table for these; they are the plain rules of SAML's logout profile with the codes of the same checks at sign-in. */
const checks: readonly Check<LogoutResponse>[] = [
  {
    number: 'sign-out #1', is: 'InResponseTo names an outstanding request', refuse: ({ root, outstanding }) =>
      (outstanding.has(root.attributes['InResponseTo'] ?? '') ? undefined : refusal(500089, `InResponseTo is "${root.attributes['InResponseTo'] ?? ''}"`)),
  },
  {
    number: 'sign-out #2', is: 'Destination is login.srf', refuse: ({ root, world }) =>
      (root.attributes['Destination'] === world.urls.loginSrf ? undefined : refusal(75008, `Destination is "${root.attributes['Destination'] ?? ''}", expected "${world.urls.loginSrf}"`)),
  },
  {
    number: 'sign-out #3', is: 'the issuer is the one that was asked', refuse: ({ root, outstanding }) => {
      const issuer = only(root, names.saml2, 'Issuer').text
      return issuer === outstanding.get(root.attributes['InResponseTo'] ?? '')?.issuerUri ? undefined : refusal(50107, `the issuer is "${issuer}"`)
    },
  },
  {
    number: 'sign-out #4', is: 'Status is Success', refuse: ({ root }) => {
      const status = only(root, names.samlp, 'Status', 'StatusCode').attributes['Value'] ?? ''
      return status === 'urn:oasis:names:tc:SAML:2.0:status:Success' ? undefined : refusal(50008, `Status is "${status}"`)
    },
  },
]

/** Sections 1.5 and 2.3. `GET /signout?upn=&variant=`: `plain` sends the bare signOutUri, `wreply` adds one, `post` posts the LogoutRequest. */
export function createSignOut(world: World): SignOut {
  const outstanding = new Map<string, Federation>()

  const begin = (user: User, federation: Federation, variant: string): Answer => {
    for (const session of world.sessions) if (session.user === user) session.isOpen = false
    const target = federation.signOutUri
    if (!target) return page(200, 'signed-out', 'Signed out', 'The domain names no signOutUri.')
    if (variant === 'plain') return redirect(target, [])
    if (federation.preferredAuthenticationProtocol === 'wsFed') {
      // Those who registered the address with its wa, as AD FS does, get it twice.
      return redirect(target, [['wa', 'wsignout1.0'], ...(variant === 'wreply' ? [['wreply', world.urls.loginSrf] as const] : [])])
    }
    const id = messageId()
    outstanding.set(id, federation)
    const xml = `<samlp:LogoutRequest xmlns:samlp="${names.samlp}" ID="${id}" Version="2.0" IssueInstant="${new Date(world.now()).toISOString()}"><Issuer xmlns="${names.saml2}">${realm}</Issuer>`
      + `<NameID xmlns="${names.saml2}" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${escapeXml(user.onPremisesImmutableId ?? '')}</NameID></samlp:LogoutRequest>`
    if (variant === 'post') return postingForm(target, { SAMLRequest: Buffer.from(xml).toString('base64') })
    return redirect(target, [['SAMLRequest', deflateRawSync(xml).toString('base64')]])
  }

  const rootOf = (ask: Ask): XmlElement | undefined => {
    const reading = readXml(Buffer.from(ask.form.get('SAMLResponse') ?? '', 'base64').toString('utf8'))
    return reading.outcome === 'read' ? reading.root : undefined
  }

  return {
    isLogoutResponse: (ask) => rootOf(ask)?.name === 'LogoutResponse',
    takeLogoutResponse(ask) {
      const root = rootOf(ask)
      if (!root) throw new Error('only called for a LogoutResponse')
      const failure = firstFailure(checks, { world, root, outstanding })
      if (failure) return refusedPage(world, failure)
      outstanding.delete(root.attributes['InResponseTo'] ?? '')
      return page(200, 'signed-out', 'Signed out', 'The identity provider has answered.')
    },
    routes: [{
      face: 'login', method: 'GET', path: '/signout', answer: ({ query }) => {
        const upn = query.get('upn') ?? ''
        const domain = world.directory.domainOfUpn(upn)
        const tenant = domain && world.directory.findTenant(domain.tenantId)
        const user = tenant && world.directory.findUser(tenant, upn)
        const federation = domain && world.directory.ruling(domain).federation
        if (!user) return refusedPage(world, { check: 'sign-out', refusal: refusal(50034, `no user "${upn}"`) })
        return federation ? begin(user, federation, query.get('variant') ?? '') : page(200, 'signed-out', 'Signed out', 'The domain is managed.')
      },
    }],
  }
}

function redirect(target: string, parameters: readonly (readonly [string, string])[]): Answer {
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  return { status: 302, headers: { location: query === '' ? target : `${target}${target.includes('?') ? '&' : '?'}${query}` } }
}
