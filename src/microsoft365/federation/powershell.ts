import { federationFields, type FederationConfiguration, type FederationField } from './configuration.ts'
import type { GraphRequest, Plan } from './plan.ts'

const scopes = '"Domain-InternalFederation.ReadWrite.All","Domain.ReadWrite.All"'

/** Connects to the right cloud; `Connect-MgGraph` calls them by names of its own. */
export function connectLine(cloud: string): string {
  const environment = { 'us-government': ' -Environment USGov', china: ' -Environment China' }[cloud] ?? ''
  return `Connect-MgGraph${environment} -Scopes ${scopes} -NoWelcome`
}

/** The plan as a script for the module Microsoft.Graph.Identity.DirectoryManagement, for whoever gives us no rights. */
export function applyScript(domain: string, plan: Plan, cloud = 'public'): string {
  return [
    '# Install-Module Microsoft.Graph.Identity.DirectoryManagement -Scope CurrentUser',
    connectLine(cloud),
    '# What is there now; keep the output: it is the way back.',
    `Get-MgDomain -DomainId ${quote(domain)} | Format-List Id,AuthenticationType,IsDefault,IsVerified`,
    `Get-MgDomainFederationConfiguration -DomainId ${quote(domain)} | ConvertTo-Json`,
    ...plan.requests.map((request) => commandOf(domain, request)),
  ].join('\n')
}

/** Reads back what Entra has and compares each field. */
export function verifyScript(domain: string, wanted: FederationConfiguration, cloud = 'public'): string {
  const lines = federationFields.flatMap((field) => {
    const value = wanted[field]
    return value === null ? [] : [`  ${pascal(field)} = ${valueOf(value)}`]
  })
  return [
    connectLine(cloud),
    '$wanted = @{', ...lines, '}',
    `$actual = Get-MgDomainFederationConfiguration -DomainId ${quote(domain)}`,
    'foreach ($name in $wanted.Keys) {',
    '  if ("$($actual.$name)" -ne "$($wanted[$name])") { Write-Warning "$name differs: $($actual.$name)" } else { Write-Host "$name is as wanted" }',
    '}',
  ].join('\n')
}

/** The way back to Entra's own sign-in, which also works while we are away (section 3.5). */
export function undoScript(domain: string, plan: Plan, cloud = 'public'): string {
  return [
    connectLine(cloud),
    ...plan.requests.map((request) => commandOf(domain, request)),
    ...(plan.kind === 'managed' ? ['# Takes up to two hours. People who never had a password at Entra need one, or a Temporary Access Pass, before they can sign in.'] : []),
    `Get-MgDomain -DomainId ${quote(domain)} | Format-List Id,AuthenticationType`,
  ].join('\n')
}

function commandOf(domain: string, { method, path, body }: GraphRequest): string {
  const id = /\/federationConfiguration\/([^/]+)$/.exec(path)?.[1]
  if (body && 'authenticationType' in body) return `Update-MgDomain -DomainId ${quote(domain)} -AuthenticationType ${quote(String(body['authenticationType']))}`
  const target = `-DomainId ${quote(domain)}${id === undefined ? '' : ` -InternalDomainFederationId ${quote(decodeURIComponent(id))}`}`
  if (method === 'DELETE') return `Remove-MgDomainFederationConfiguration ${target}`
  const parameters = Object.entries(body ?? {}).filter(([name]) => !name.startsWith('@')).map(([name, value]) => `  ${pascal(name as FederationField)} = ${valueOf(value)}`)
  return ['$parameters = @{', ...parameters, '}', `${method === 'POST' ? 'New' : 'Update'}-MgDomainFederationConfiguration ${target} @parameters`].join('\n')
}

const pascal = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
const valueOf = (value: string | boolean | null): string => (typeof value === 'string' ? quote(value) : `$${value}`)

/** In single quotes PowerShell expands nothing; it takes typographic quotes for quotes too, and a line break ends no string. */
function quote(text: string): string {
  return `'${text.replaceAll(/['\u2018\u2019\u201a\u201b]/g, (mark) => mark + mark).replaceAll(/[\r\n]+/g, ' ')}'`
}
