import type { EndedSession, SignOutStep } from '../authentication/sessions/index.ts'
import type { Middleware, Routes } from '../http/index.ts'
import type { Sql, UserId } from '../storage/index.ts'

/** How applications ask "who is this?". One of these per protocol; app.ts mounts them. */
export interface Protocol {
  readonly id: 'oidc' | 'saml' | 'wsfed' | 'external-mfa'
  /** Endpoints that applications and browsers call; they run before sessions and forms are looked at. */
  readonly endpoints: Middleware
  /** Pages inside a request of this protocol: where a sign-in begins and where it resumes. */
  mount(routes: Routes): void
  /** Ends everything of ours that hangs on these sessions, in the transaction that ends them. */
  endingSessions(tx: Sql, ended: readonly EndedSession[]): Promise<void>
  /** Tells the applications, once it is committed. @returns what the browser still has to visit */
  endSessions(ended: readonly EndedSession[], userId: UserId): Promise<readonly SignOutStep[]>
}
