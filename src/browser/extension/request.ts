import type { PhoneAnswer, Question, Stage } from '../pairing/relay-client.ts'
import type { Pending, Trouble } from './settings.ts'

/** The longest that a person has to find the phone; the browser sets no limit of its own for what it hands to an extension. */
const longestMilliseconds = 120_000
const shortestMilliseconds = 10_000

export interface SiteRequest { readonly options: object; readonly origin: string; readonly crossOrigin: boolean; readonly milliseconds: number }

/**
 * What the browser tells of a site's request: it adds who asks as an extension to the options, and refuses a page that brings such a one
 * itself. The phone gets the options as the site gave them. Undefined where the browser does not say who asks.
 */
export function readProxied(details: string): SiteRequest | undefined {
  const given = JSON.parse(details) as { readonly timeout?: unknown; readonly extensions?: Readonly<Record<string, unknown>> }
  const { remoteDesktopClientOverride: told, ...extensions } = given.extensions ?? {}
  const { origin, sameOriginWithAncestors } = (told ?? {}) as { readonly origin?: unknown; readonly sameOriginWithAncestors?: unknown }
  if (typeof origin !== 'string' || typeof sameOriginWithAncestors !== 'boolean') return undefined
  const { extensions: _told, ...options } = given
  return {
    options: { ...options, ...(Object.keys(extensions).length > 0 ? { extensions } : {}) }, origin, crossOrigin: !sameOriginWithAncestors, milliseconds: timeOf(given.timeout),
  }
}

/** A site's own limit, within ours. */
export function timeOf(timeout: unknown): number {
  return typeof timeout === 'number' && timeout > 0 ? Math.max(shortestMilliseconds, Math.min(timeout, longestMilliseconds)) : longestMilliseconds
}

export function questionOf({ kind, request, options, origin, crossOrigin }: Pick<Pending, 'kind' | 'request' | 'options' | 'origin' | 'crossOrigin'>, at: number, expiresAt: number): Question {
  return { kind, request, options, origin, crossOrigin, at, expiresAt }
}

export type Outcome = { readonly kind: 'answer'; readonly response: object } | { readonly kind: 'trouble'; readonly trouble: Trouble }

export function outcomeOf(answer: PhoneAnswer): Outcome {
  if (answer.kind === 'answer') return { kind: 'answer', response: answer.response }
  return { kind: 'trouble', trouble: answer.kind === 'refused' ? answer.reason : 'not_supported' }
}

export interface SiteError { readonly name: 'NotAllowedError' | 'InvalidStateError' | 'SecurityError' | 'NotSupportedError'; readonly message: string }

const notAllowed: SiteError = { name: 'NotAllowedError', message: 'The operation either timed out or was not allowed.' }

/**
 * What the site hears: as little as a browser would say (WebAuthn §14.5). That the person refused, has no key there, was not in time or is
 * offline is the same to it; the person reads the reason in the popup.
 */
export function siteErrorOf(trouble: Trouble): SiteError {
  switch (trouble) {
    case 'excluded': return { name: 'InvalidStateError', message: 'The authenticator was previously registered.' }
    case 'other_site': return { name: 'SecurityError', message: 'The relying party ID is not a registrable domain suffix of, nor equal to the current domain.' }
    case 'not_supported': return { name: 'NotSupportedError', message: 'The authenticator supports none of the requested algorithms.' }
    case 'denied': case 'reported': case 'no_key': case 'not_unlocked': case 'too_late': case 'busy': case 'invalid':
    case 'offline': case 'removed': case 'far': case 'limit': case 'no_phone': case 'unseen': case 'stopped': case 'cancelled': case 'tampered': return notAllowed
  }
}

/** Nobody was there; whoever said no was. */
export function isUnanswered(trouble: Trouble): boolean {
  return trouble === 'too_late' || trouble === 'unseen' || trouble === 'offline'
}

/** A phone that was found once heard of it, though its person may have looked at something else there. */
export function lateTrouble(trouble: Trouble, stages: readonly Stage[]): Trouble {
  return trouble === 'too_late' && stages.every((stage) => stage === 'sent') ? 'unseen' : trouble
}

/** The site as a person would say it. */
export function siteName(origin: string): string {
  try {
    return new URL(origin).host
  } catch {
    return origin
  }
}
