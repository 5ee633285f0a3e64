import {
  defaultOidcSettings, isLoopback, oidcScopes, parseOidcSettings, redirectUriProblem, webAddressProblem, type Application, type OidcKind, type OidcSettings,
} from '../../applications/index.ts'
import type { Form } from '../../http/index.ts'
import { basicFaults, basicsOf, readBasics, type BasicValues } from './application-basics.ts'
import type { PlainKind } from './application-kind.ts'
import { readKeySet } from './key-set.ts'

/** What a person may be asked to allow; the others are not theirs to choose. */
export const offeredScopes = ['profile', 'email', 'phone', 'groups'] as const
const mostAddresses = 50

/** The form as typed; what is wrong stays in it. */
export interface ApplicationValues extends BasicValues {
  readonly clientId: string
  readonly redirectUris: string
  readonly postLogoutRedirectUris: string
  readonly backchannelLogoutUri: string
  readonly initiateLoginUri: string
  readonly authMethod: OidcSettings['authMethod']
  readonly jwks: string
  readonly jwksUri: string
  readonly scopes: readonly string[]
  readonly refreshTokens: boolean
  readonly parRequired: boolean
  readonly dpopBound: boolean
  readonly idTokenAlg: OidcSettings['idTokenAlg']
  readonly accessTokenMinutes: string
  readonly refreshTokenDays: string
  readonly trusted: boolean
}

/** One address of a list that may not be registered, by the number of its line. */
export interface LineProblem { readonly line: number; readonly text: string; readonly key: string }

const fields = [
  'name', 'description', 'launch_url', 'icon', 'client_id', 'redirect_uris', 'post_logout_redirect_uris', 'backchannel_logout_uri', 'initiate_login_uri', 'jwks', 'jwks_uri',
  'access_token_minutes', 'refresh_token_days',
] as const
export type FieldErrors = Readonly<Record<(typeof fields)[number], string | null>>

export interface ReadForm {
  readonly values: ApplicationValues
  readonly errors: FieldErrors
  readonly lines: { readonly redirect_uris: readonly LineProblem[]; readonly post_logout_redirect_uris: readonly LineProblem[] }
  /** null for a link tile, and wherever there is an error. */
  readonly oidc: OidcSettings | null
}

export const noErrors: FieldErrors = Object.fromEntries(fields.map((name) => [name, null])) as FieldErrors
export const noLines: ReadForm['lines'] = { redirect_uris: [], post_logout_redirect_uris: [] }

export function hasErrors(errors: FieldErrors): boolean {
  return Object.values(errors).some((error) => error !== null)
}

/** What the form shows before anybody has typed: the application as it is, or a new one of this kind. */
export function valuesOf(kind: PlainKind, application?: Application): ApplicationValues {
  const oidc = application?.oidc ?? defaultOidcSettings(kind === 'link' ? 'web' : kind)
  return {
    ...basicsOf(application), clientId: application?.clientId ?? '', redirectUris: oidc.redirectUris.join('\n'), postLogoutRedirectUris: oidc.postLogoutRedirectUris.join('\n'),
    backchannelLogoutUri: oidc.backchannelLogoutUri ?? '', initiateLoginUri: oidc.initiateLoginUri ?? '', authMethod: oidc.authMethod, jwks: oidc.jwks === null ? '' : JSON.stringify(oidc.jwks, null, 2),
    jwksUri: oidc.jwksUri ?? '', scopes: oidc.scopes, refreshTokens: oidc.refreshTokens, parRequired: oidc.parRequired, dpopBound: oidc.dpopBound, idTokenAlg: oidc.idTokenAlg,
    accessTokenMinutes: String(oidc.accessTokenMinutes), refreshTokenDays: String(oidc.refreshTokenDays), trusted: application?.trusted ?? false,
  }
}

export function readApplicationForm(form: Form, kind: PlainKind, before?: Application): ReadForm {
  const values = readValues(form, kind, before)
  const errors: Record<string, string | null> = { ...noErrors }
  const fault = (name: (typeof fields)[number], key: string): void => { errors[name] ??= `admin.applications.${key}` }
  const lines = { redirect_uris: lineProblems(values.redirectUris, kind), post_logout_redirect_uris: lineProblems(values.postLogoutRedirectUris, kind) }

  Object.assign(errors, basicFaults(values))
  if (kind === 'link' && values.launchUrl === '') fault('launch_url', 'error.launch_missing')
  if (before === undefined && values.clientId !== '' && !/^[\w.~-]{3,100}$/.test(values.clientId)) fault('client_id', 'error.client_id')
  const addresses = [['backchannel_logout_uri', values.backchannelLogoutUri], ['initiate_login_uri', values.initiateLoginUri], ['jwks_uri', values.jwksUri]] as const
  for (const [name, address] of addresses) {
    const problem = address === '' ? undefined : webAddressProblem(address)
    if (problem) fault(name, `uri.${problem}`)
  }
  for (const name of ['redirect_uris', 'post_logout_redirect_uris'] as const) if (lines[name].length > 0) fault(name, 'error.addresses')
  if (kind === 'web' || kind === 'public') {
    if (values.redirectUris === '') fault('redirect_uris', 'error.redirect_missing')
    for (const [name, text] of [['redirect_uris', values.redirectUris], ['post_logout_redirect_uris', values.postLogoutRedirectUris]] as const) {
      if (linesOf(text).length > mostAddresses) fault(name, 'error.too_many_addresses')
    }
  }
  if (kind === 'public' && mixesLoopback(values)) fault('redirect_uris', 'error.loopback_mixed')
  const keys = values.jwks === '' ? null : readKeySet(values.jwks)
  if (typeof keys === 'string') fault('jwks', keys)
  if (keys !== null && values.jwksUri !== '') fault('jwks_uri', 'error.keys_twice')
  if (values.authMethod === 'private_key_jwt' && keys === null && values.jwksUri === '') fault('jwks', 'error.keys_missing')
  if (!isWhole(values.accessTokenMinutes, 1, 1_440)) fault('access_token_minutes', 'error.minutes')
  if (!isWhole(values.refreshTokenDays, 1, 365)) fault('refresh_token_days', 'error.days')

  const failed = hasErrors(errors as FieldErrors)
  return { values, errors: errors as FieldErrors, lines, oidc: failed || kind === 'link' ? null : toSettings(values, kind, typeof keys === 'string' ? null : keys, before) }
}

function readValues(form: Form, kind: PlainKind, before: Application | undefined): ApplicationValues {
  const known = valuesOf(kind, before)
  // A field that this kind's form does not have keeps what is stored, such as what came from a file.
  const text = (name: string, otherwise: string): string => (form.all(name).length > 0 ? form.text(name) : otherwise)
  const chosen = <T extends string>(name: string, of: readonly T[], otherwise: T): T => of.find((value) => value === form.text(name)) ?? otherwise
  const shows = new Set(form.all('shows'))
  const checked = (name: string, otherwise: boolean): boolean => (shows.has(name) ? form.checked(name) : otherwise)
  const methods = authMethodsOf(kind)
  return {
    ...readBasics(form, before), clientId: before === undefined ? form.text('client_id') : before.clientId,
    redirectUris: text('redirect_uris', known.redirectUris), postLogoutRedirectUris: text('post_logout_redirect_uris', known.postLogoutRedirectUris),
    backchannelLogoutUri: text('backchannel_logout_uri', known.backchannelLogoutUri), initiateLoginUri: text('initiate_login_uri', known.initiateLoginUri),
    authMethod: methods.length > 1 ? chosen('auth_method', methods, known.authMethod) : known.authMethod, jwks: text('jwks', known.jwks), jwksUri: text('jwks_uri', known.jwksUri),
    scopes: shows.has('scopes') ? readScopes(form.all('scopes'), known.scopes) : known.scopes,
    refreshTokens: checked('refresh_tokens', known.refreshTokens), parRequired: checked('par_required', known.parRequired), dpopBound: checked('dpop_bound', known.dpopBound),
    idTokenAlg: chosen('id_token_alg', ['RS256', 'ES256', 'EdDSA'], known.idTokenAlg), accessTokenMinutes: text('access_token_minutes', known.accessTokenMinutes),
    refreshTokenDays: text('refresh_token_days', known.refreshTokenDays),
    trusted: checked('trusted', known.trusted),
  }
}

export function authMethodsOf(kind: PlainKind): readonly OidcSettings['authMethod'][] {
  return kind === 'web' || kind === 'service' ? ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] : ['none']
}

function readScopes(given: readonly string[], before: readonly string[]): string[] {
  const offered: readonly string[] = offeredScopes
  return oidcScopes.filter((scope) => scope === 'openid' || (offered.includes(scope) ? given.includes(scope) : before.includes(scope)))
}

function toSettings(values: ApplicationValues, kind: OidcKind, jwks: OidcSettings['jwks'], before: Application | undefined): OidcSettings {
  const address = (text: string): string | null => (text === '' ? null : text)
  return parseOidcSettings({
    ...(before?.oidc ?? defaultOidcSettings(kind)), redirectUris: unique(values.redirectUris), postLogoutRedirectUris: unique(values.postLogoutRedirectUris),
    backchannelLogoutUri: address(values.backchannelLogoutUri), initiateLoginUri: address(values.initiateLoginUri), jwks, jwksUri: address(values.jwksUri), authMethod: values.authMethod,
    refreshTokens: values.refreshTokens, scopes: values.scopes, parRequired: values.parRequired, dpopBound: values.dpopBound, idTokenAlg: values.idTokenAlg,
    accessTokenMinutes: Number(values.accessTokenMinutes), refreshTokenDays: Number(values.refreshTokenDays),
  })
}

function lineProblems(text: string, kind: PlainKind): LineProblem[] {
  if (kind === 'link') return []
  return text.split(/\r?\n/).flatMap((line, index) => {
    const problem = line.trim() === '' ? undefined : redirectUriProblem(line.trim(), kind)
    return problem ? [{ line: index + 1, text: line.trim().slice(0, 200), key: `admin.applications.uri.${problem}` }] : []
  })
}

/** A native application may use this machine over http only (RFC 8252 §7.3), and one private scheme makes it a native one. */
function mixesLoopback(values: ApplicationValues): boolean {
  const uris = [...linesOf(values.redirectUris), ...linesOf(values.postLogoutRedirectUris)]
  return uris.some((uri) => !uri.startsWith('https:')) && uris.some((uri) => uri.startsWith('https:') && URL.canParse(uri) && isLoopback(new URL(uri).hostname))
}

export function linesOf(text: string): string[] {
  return text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '')
}

const unique = (text: string): string[] => [...new Set(linesOf(text))]

export function isWhole(text: string, min: number, max: number): boolean {
  return /^\d{1,6}$/.test(text) && Number(text) >= min && Number(text) <= max
}
