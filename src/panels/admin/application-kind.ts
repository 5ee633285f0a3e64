import type { Application, OidcKind } from '../../applications/index.ts'

/** Those that share one form: OpenID Connect, and a plain link. */
export type PlainKind = OidcKind | 'link'
/** Those with a form of their own (federation). */
export type FederatedKind = 'saml' | 'wsfed'
export type ApplicationKind = PlainKind | FederatedKind

/** In the order in which they are offered. */
export const applicationKinds: readonly ApplicationKind[] = ['web', 'public', 'saml', 'wsfed', 'service', 'link']

export function kindOf(application: Pick<Application, 'oidc' | 'protocol'>): ApplicationKind {
  return application.protocol === 'saml' || application.protocol === 'wsfed' ? application.protocol : application.oidc?.kind ?? 'link'
}

export function isFederated(kind: ApplicationKind): kind is FederatedKind {
  return kind === 'saml' || kind === 'wsfed'
}
