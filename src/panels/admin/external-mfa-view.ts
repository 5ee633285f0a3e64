import { addressesOf, type Connection } from '../../protocols/external-mfa/index.ts'
import { choicesOf } from './choices.ts'
import { externalMfaValues, maxAges, noExternalMfaErrors, type ReadExternalMfa } from './external-mfa-form.ts'
import type { Views } from '../../http/index.ts'

export function cloudKey(cloud: string): string {
  return `admin.external_mfa.cloud.${cloud}`
}

export function maxAgeKey(seconds: string): string {
  return `admin.external_mfa.max_age.${seconds}`
}

export function toExternalMfaForm(connection: Connection | undefined, read: ReadExternalMfa | undefined): Views['admin/external-mfa-form'] {
  const values = read?.values ?? externalMfaValues(connection)
  const errors = read?.errors ?? noExternalMfaErrors
  return {
    id: connection?.id ?? null, values, errors, hasErrors: Object.values(errors).some((error) => error !== null),
    clouds: choicesOf(['public', 'us-government', 'china', 'custom'], values.cloud, cloudKey), maxAges: choicesOf(maxAges, values.maxAge, maxAgeKey),
  }
}

/** What is typed into Entra, to be copied. */
export function factsOf(connection: Connection, publicUrl: string) {
  const { issuer, discovery, authorization, jwks } = addressesOf(publicUrl, connection.id)
  const fact = (id: string, value: string) => ({ id: `connect_${id}`, labelKey: `admin.external_mfa.connect.${id}`, value })
  return {
    facts: [fact('client_id', connection.clientId), fact('discovery', discovery), fact('authorization', authorization)],
    more: [fact('issuer', issuer), fact('jwks', jwks)],
  }
}

/** Where Microsoft Graph is in each cloud, and what its PowerShell module calls the cloud. */
const graphs: Readonly<Record<Connection['cloud'], { readonly host: string; readonly environment: string }>> = {
  public: { host: 'graph.microsoft.com', environment: 'Global' }, 'us-government': { host: 'graph.microsoft.us', environment: 'USGov' },
  china: { host: 'microsoftgraph.chinacloudapi.cn', environment: 'China' }, custom: { host: 'graph.microsoft.com', environment: 'Global' },
}

/** The call that makes the method known to Entra, as a request and as PowerShell that sends the same. */
export function graphCallOf(connection: Connection, publicUrl: string): { readonly graph: string; readonly powerShell: string } {
  const { host, environment } = graphs[connection.cloud]
  const url = `https://${host}/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations`
  const body = JSON.stringify({
    '@odata.type': '#microsoft.graph.externalAuthenticationMethodConfiguration', displayName: connection.name, state: 'enabled', appId: connection.appId,
    openIdConnectSetting: { clientId: connection.clientId, discoveryUrl: addressesOf(publicUrl, connection.id).discovery },
    includeTargets: [{ targetType: 'group', id: 'all_users' }],
  }, null, 2)
  return {
    graph: `POST ${url}\nContent-Type: application/json\n\n${body}`,
    // Nothing in a here-string of single quotes is replaced, and no line of the JSON can end it.
    powerShell: [
      `Connect-MgGraph -TenantId '${connection.tenantId}' -Environment ${environment} -Scopes 'Policy.ReadWrite.AuthenticationMethod'`, `$body = @'`, body, `'@`,
      `Invoke-MgGraphRequest -Method POST -Uri '${url}' -ContentType 'application/json' -Body $body`,
    ].join('\n'),
  }
}
