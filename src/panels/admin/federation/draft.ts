import type { Application, SamlSettings, UriProblem, WsFedSettings } from '../../../applications/index.ts'
import type { Context, Form } from '../../../http/index.ts'
import type { BasicValues } from '../application-basics.ts'

/** By the id of the field that it stands at; null where nothing is wrong. */
export type Errors = Readonly<Record<string, string | null>>

/** A form as it was opened or typed. */
export interface Draft {
  readonly basics: BasicValues
  /** Entity ID or realm. */
  readonly clientId: string
  /** The field of that, for an id that is taken. */
  readonly idField: string
  readonly errors: Errors
  /** null while there is something to look at before it is saved. */
  readonly settings: { readonly saml: SamlSettings } | { readonly wsfed: WsFedSettings } | null
  show(ctx: Context, errors: Errors): void
}

export interface FederatedForm {
  /** Before anybody has typed. */
  open(application?: Application): Draft
  read(form: Form, application?: Application): Promise<Draft>
}

export const hasAny = (errors: Errors): boolean => Object.values(errors).some((error) => error !== null)

/** Every field has an entry, in the order of the form: pages ask for each, and the list of problems follows it. */
export function noneOf(fields: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(fields.map((name) => [name, null]))
}

/** What is wrong with one line of addresses. Schemes of their own are for mobile applications, which speak OpenID Connect. */
export const lineKey = (problem: UriProblem): string => `admin.applications.uri.${problem === 'scheme' ? 'https' : problem}`

/** An entity ID or realm as it may be registered: printable, without blanks (SAML Core §8.3.6). */
export const identifier = /^[\u0021-\u007e]{3,1024}$/
