import { redirectUriProblem, type OidcKind, type UriProblem } from '../../applications/index.ts'
import { federatedProblems } from './federated-document.ts'

interface Given {
  readonly kind: OidcKind | 'link' | 'saml' | 'wsfed'
  readonly launchUrl?: string | null | undefined
  readonly secret?: string | undefined
  readonly authMethod?: string | undefined
  readonly redirectUris?: readonly string[] | undefined
  readonly postLogoutRedirectUris?: readonly string[] | undefined
  readonly nameIdFormat?: string | undefined
  readonly attributes?: readonly { readonly name: string }[] | undefined
}

export const uriSentences: Readonly<Record<UriProblem, string>> = {
  syntax: 'is not an address as browsers write it: lower-case scheme and host, no blanks, no default port',
  fragment: 'must not contain #',
  userinfo: 'must not contain a user name or password',
  wildcard: 'must not contain placeholders; list each address',
  scheme: 'must start with https:// (a public application may also use its own scheme with a dot, like com.example.app:/callback)',
  https: 'must start with https:// (http:// is for localhost only)',
  dots: 'must not have . or .. between slashes',
  too_long: 'must have at most 2000 characters',
  own: 'must not be an address of Doorward itself',
}

const ofLinks: ReadonlySet<string> = new Set(['name', 'kind', 'description', 'launchUrl', 'enabled', 'access'])
const ofPeople = ['redirectUris', 'postLogoutRedirectUris', 'initiateLoginUri', 'backchannelLogoutUri', 'refreshTokens', 'refreshTokenDays', 'launchUrl']

/** What does not fit together in one application. */
export function applicationProblems(given: Given): { path: readonly (string | number)[]; message: string }[] {
  const { kind, authMethod } = given
  const named = Object.entries(given).filter(([, value]) => value !== undefined).map(([key]) => key)
  const federated = federatedProblems(given, named)
  if (kind === 'saml' || kind === 'wsfed') return federated
  if (kind === 'link') {
    const wrong = named.filter((key) => !ofLinks.has(key)).map((key) => ({ path: [key], message: 'does not fit to a link, which only leads somewhere' }))
    return given.launchUrl ? wrong : [...wrong, { path: ['launchUrl'], message: 'is missing: it is where a link leads' }]
  }
  const problems = [...federated]
  if (kind === 'service') for (const key of ofPeople.filter((one) => named.includes(one))) problems.push({ path: [key], message: 'does not fit to a service, which signs in without people' })
  if (authMethod !== undefined && (kind === 'public') !== (authMethod === 'none')) {
    problems.push({ path: ['authMethod'], message: kind === 'public' ? 'must be none for a public application: it can keep no secret' : `must not be none for a ${kind} application: it keeps a secret or a key` })
  }
  if (given.secret !== undefined && kind === 'public') problems.push({ path: ['secret'], message: 'does not fit to a public application: it can keep no secret' })
  if (given.secret !== undefined && authMethod === 'private_key_jwt') problems.push({ path: ['secret'], message: 'does not fit to private_key_jwt: the application proves itself with a key' })
  for (const field of ['redirectUris', 'postLogoutRedirectUris'] as const) {
    given[field]?.forEach((uri, index) => {
      const problem = redirectUriProblem(uri, kind)
      if (problem) problems.push({ path: [field, index], message: uriSentences[problem] })
    })
  }
  return problems
}
