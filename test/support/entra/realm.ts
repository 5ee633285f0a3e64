import { json, type Answer, type Route } from './server.ts'
import { realm, type World } from './world.ts'

/** Section 2.5: how clients learn that a user's domain is federated, and where. */
export function realmRoutes({ directory }: World): Route[] {
  return [
    {
      face: 'login', method: 'GET', path: '/common/userrealm/:upn', answer: ({ parts, query }) => {
        const upn = parts['upn'] ?? ''
        if (query.get('api-version') !== '1.0') return json(400, { error: 'invalid_request', error_description: 'api-version 1.0 is the one known here' })
        return userRealm(upn)
      },
    },
    { face: 'login', method: 'GET', path: '/GetUserRealm.srf', answer: ({ query }) => oldRealm(query.get('login') ?? '') },
  ]

  function userRealm(upn: string): Answer {
    const domain = directory.domainOfUpn(upn)
    const cloud = { cloud_instance_name: 'microsoftonline.com', cloud_audience_urn: realm }
    if (!domain?.isVerified) return json(200, { ver: '1.0', account_type: 'Unknown', ...cloud })
    const { federation } = directory.ruling(domain)
    if (domain.authenticationType === 'Managed' || !federation) return json(200, { ver: '1.0', account_type: 'Managed', domain_name: domain.name, ...cloud })
    return json(200, {
      ver: '1.0', account_type: 'Federated', domain_name: domain.name, federation_protocol: federation.preferredAuthenticationProtocol === 'wsFed' ? 'WSTrust' : 'SAML20',
      ...(federation.metadataExchangeUri && { federation_metadata_url: federation.metadataExchangeUri }), ...(federation.activeSignInUri && { federation_active_auth_url: federation.activeSignInUri }), ...cloud,
    })
  }

  function oldRealm(login: string): Answer {
    const domain = directory.domainOfUpn(login)
    const cloud = { Login: login, CloudInstanceName: 'microsoftonline.com', CloudInstanceIssuerUri: realm }
    if (!domain?.isVerified) return json(200, { State: 4, UserState: 1, NameSpaceType: 'Unknown', ...cloud })
    const { federation } = directory.ruling(domain)
    if (domain.authenticationType === 'Managed' || !federation) return json(200, { State: 4, UserState: 1, NameSpaceType: 'Managed', DomainName: domain.name, ...cloud })
    const url = new URL(federation.passiveSignInUri)
    for (const [name, value] of [['username', login], ['wa', 'wsignin1.0'], ['wtrealm', realm], ['wctx', '']] as const) url.searchParams.set(name, value)
    return json(200, {
      State: 3, UserState: 2, NameSpaceType: 'Federated', DomainName: domain.name, FederationGlobalVersion: -1, FederationBrandName: federation.displayName ?? domain.name,
      AuthURL: federation.preferredAuthenticationProtocol === 'wsFed' ? url.href : federation.passiveSignInUri, ...cloud,
    })
  }
}
