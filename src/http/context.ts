import type Koa from 'koa'
import type { Log } from '../log.ts'
import type { Role } from './access.ts'
import type { Form } from './form.ts'
import type { PageContext, Views } from './views/index.ts'

/** The organization whose colours a page wears. */
export interface Brand {
  readonly name: string
  readonly logoUrl: string | null
  readonly brandHref: string | null
}

/** Who is at the browser, as loaded with the session in one statement. */
export interface Visitor {
  readonly sessionId: string
  readonly userId: string
  readonly organizationId: string
  readonly organizationKind: 'business' | 'personal'
  readonly brand: Brand
  readonly role: Role
  readonly email: string
  readonly name: string
  readonly initials: string
  readonly locale: string | null
  readonly timeZone: string | null
  /** When the person last proved who they are, epoch milliseconds. */
  readonly authenticatedAt: number
  /** True while a proof as strong as the person's strongest way is at most five minutes old. */
  readonly fresh: boolean
}

export interface RequestInfo {
  readonly id: string
  readonly ip: string
  readonly userAgent: string
}

export interface State {
  request: RequestInfo
  log: Log
  /** Random id of this browser, from the `__Host-` cookie; sign-ins and forms are bound to it. */
  browser: string
  visitor: Visitor | undefined
  locale: string
  /** What the page wears when nobody is signed in. */
  brand: Brand | undefined
  nav: PageContext['nav']
  navLabel: string | null
  /** A page that posts onward to an application must not carry form-action: Chrome applies it to the whole redirect chain. */
  leavesFormActionOpen: boolean
  /** Hosts that this page opens in frames, to sign out of them. */
  frames: readonly string[]
  /** This page may stand in a frame of ours; no other page may stand in any (SEC-13). */
  framedByUs: boolean
}

export interface Notice {
  readonly key: string
  readonly params?: Readonly<Record<string, string | number>>
  readonly kind?: 'success' | 'warning'
}

export interface Helpers {
  /** Answers with a page. */
  page<N extends keyof Views>(name: N, model: Views[N], options?: { status?: number; organization?: Brand }): void
  /** Answers 303 to a path of ours (or a checked URL), with a notice for the next page. */
  redirectTo(target: string, notice?: Notice): void
  /** The parsed body. CSRF has been checked before the handler runs. */
  form(): Promise<Form>
  /** A text in the reader's language. */
  t(key: string, params?: Readonly<Record<string, string | number>>): string
}

export type Context = Koa.ParameterizedContext<State, Helpers & { readonly params: Readonly<Record<string, string>> }>
export type Handler = (ctx: Context) => Promise<void> | void
