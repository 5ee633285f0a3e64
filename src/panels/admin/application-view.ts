import type { Application, Assignment, SecretView } from '../../applications/index.ts'
import type { GroupChoice } from '../../directory/index.ts'
import { oidcRoutes } from '../../protocols/oidc/index.ts'
import { authMethodsOf, hasErrors, noErrors, noLines, offeredScopes, valuesOf, type ReadForm } from './application-form.ts'
import { kindOf, type ApplicationKind, type PlainKind } from './application-kind.ts'
import type { ApplicationFormPage, ApplicationRow, Connect, SecretRow } from './application-pages.ts'
import { choicesOf } from './choices.ts'

const assuranceKeys: Readonly<Record<string, string>> = {
  any: 'admin.applications.assurance.any', 'urn:doorward:acr:code': 'admin.applications.assurance.any', 'urn:doorward:acr:multi': 'admin.applications.assurance.multi',
  phr: 'admin.applications.assurance.phr', phrh: 'admin.applications.assurance.phrh',
}

export function kindKey(kind: ApplicationKind): string {
  return `admin.applications.kind.${kind}`
}

export function iconOf(application: Application): string | null {
  return application.hasIcon ? `/apps/${application.id}/icon?v=${application.updatedAt}` : null
}

export function firstLetter(name: string): string {
  return [...new Intl.Segmenter().segment(name.trim())][0]?.segment.toLocaleUpperCase() ?? '?'
}

export function toRow(application: Application): ApplicationRow {
  const kind = kindOf(application)
  return {
    id: application.id, name: application.name, kindKey: kindKey(kind), description: application.description, icon: iconOf(application), letter: firstLetter(application.name),
    everyone: application.access === 'everyone', service: kind === 'service', enabled: application.enabled,
  }
}

export function requiredKey(application: Application): string | null {
  return kindOf(application) !== 'service' && kindOf(application) !== 'link' ? assuranceKeys[application.requiredAssurance ?? 'any'] ?? null : null
}

export function assuranceChoices(required: string) {
  return choicesOf(['any', 'urn:doorward:acr:multi', 'phr', 'phrh'], required === '' || required === 'urn:doorward:acr:code' ? 'any' : required, (value) => assuranceKeys[value] ?? '')
    .map((choice, index) => ({ ...choice, id: `assurance_${index}` }))
}

export function toFormPage(kind: PlainKind, application: Application | undefined, read: ReadForm | undefined): ApplicationFormPage {
  const values = read?.values ?? valuesOf(kind, application)
  const errors = read?.errors ?? noErrors
  const signsPeopleIn = kind === 'web' || kind === 'public'
  return {
    id: application?.id ?? null, kind, isNew: application === undefined, kindKey: kindKey(kind), titleKey: application === undefined ? `admin.applications.new.${kind}` : 'admin.applications.edit',
    values, errors, hasErrors: hasErrors(errors), lines: read?.lines ?? noLines, signsPeopleIn, hasTile: kind !== 'service', launchHintKey: 'admin.applications.hint.launch_url', hasTokens: kind !== 'link', keepsSecrets: authMethodsOf(kind).length > 1,
    icon: application ? iconOf(application) : null,
    authMethods: choicesOf(authMethodsOf(kind), values.authMethod, (method) => `admin.applications.auth_method.${method}`),
    scopes: offeredScopes.map((scope) => ({ id: `scope_${scope}`, value: scope, labelKey: `admin.applications.scope.${scope}`, hintKey: `admin.applications.scope_hint.${scope}`, selected: values.scopes.includes(scope) })),
    algorithms: choicesOf(['RS256', 'ES256', 'EdDSA'], values.idTokenAlg, (algorithm) => `admin.applications.algorithm.${algorithm}`),
    assurances: assuranceChoices(values.requiredAssurance),
    keysOpen: values.authMethod === 'private_key_jwt' || errors.jwks !== null || errors.jwks_uri !== null,
    moreOpen: [errors.client_id, errors.post_logout_redirect_uris, errors.backchannel_logout_uri, errors.initiate_login_uri, errors.access_token_minutes, errors.refresh_token_days].some((error) => error !== null),
  }
}

export function toSecretRow(secret: SecretView, now: number): SecretRow {
  return { ...secret, ended: secret.expiresAt !== null && secret.expiresAt <= now }
}

export function groupChoices(groups: readonly GroupChoice[], assigned: readonly Assignment[]) {
  return groups.filter((group) => !assigned.some((one) => one.kind === 'group' && one.id === group.id)).map((group) => ({ value: group.id, text: group.name, selected: false, labelKey: null }))
}

/** What the application needs to know of us; most ask for the issuer only and find the rest by discovery. */
export function connectOf(application: Application, publicUrl: string): Connect | null {
  const { oidc } = application
  if (!oidc) return null
  const fact = (id: string, value: string) => ({ id: `connect_${id}`, labelKey: `admin.applications.connect.${id}`, value })
  const endpoint = (id: string, path: string) => fact(id, `${publicUrl}${path}`)
  const clientId = fact('client_id', application.clientId)
  const issuer = fact('issuer', publicUrl)
  const discovery = endpoint('discovery', '/.well-known/openid-configuration')
  const token = endpoint('token', oidcRoutes.token)
  const secretTo = oidc.authMethod === 'client_secret_basic' || oidc.authMethod === 'client_secret_post' ? `admin.applications.auth_method.${oidc.authMethod}` : null
  if (oidc.kind === 'service') return { facts: [clientId, token], more: [issuer, discovery], stepsKey: 'admin.applications.connect.steps_service', secretTo }
  return {
    facts: [clientId, issuer, discovery], stepsKey: `admin.applications.connect.steps_${oidc.kind}`, secretTo,
    more: [
      endpoint('authorization', oidcRoutes.authorization), token, endpoint('userinfo', oidcRoutes.userinfo), endpoint('jwks', oidcRoutes.jwks), endpoint('logout', oidcRoutes.end_session),
      fact('scopes', [...oidc.scopes, ...(oidc.refreshTokens && !oidc.scopes.includes('offline_access') ? ['offline_access'] : [])].join(' ')),
    ],
  }
}
