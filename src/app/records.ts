import type { Application } from '../applications/index.ts'
import type { SignInEvent } from '../authentication/signin/index.ts'
import type { Audit } from '../audit/index.ts'
import type { Caller, ScimEvent } from '../directory/scim/index.ts'
import type { Context } from '../http/index.ts'
import { metadataChanges } from '../panels/admin/index.ts'
import type { PanelEvent } from '../panels/index.ts'
import type { ExternalMfaEvent } from '../protocols/external-mfa/index.ts'
import type { OidcEvent } from '../protocols/oidc/index.ts'
import type { FederationEvent } from '../protocols/exchange/index.ts'
import type { ActivationEvent } from '../panels/phone/index.ts'
import type { NewcomerEvent } from '../panels/welcome/index.ts'
import type { OrganizationId, Transaction } from '../storage/index.ts'

export type Records = ReturnType<typeof createRecords>

/** Turns what rooms say happened into rows of the audit log; who acted and from where comes from the request. */
export function createRecords(audit: Audit) {
  const from = (ctx: Context) => ({ ip: ctx.state.request.ip, userAgent: ctx.state.request.userAgent })
  return {
    // Whoever asks for a code or types a wrong one has proven nothing: the row concerns the person, but must not name them as who did it.
    signIn: (tx: Transaction, ctx: Context, event: SignInEvent) => audit.record(tx, {
      organizationId: event.organizationId, action: event.action, outcome: event.outcome,
      ...(isProven(event) ? { actor: { kind: 'user', id: event.user.id, name: event.user.email } }
        : { actor: { kind: 'anonymous', id: null, name: '' }, target: { kind: 'user', id: event.user.id, name: event.user.email } }),
      userId: event.user.id, application: event.application, details: event.details, ...from(ctx),
    }),

    oidc(tx: Transaction, ctx: Context | undefined, event: OidcEvent) {
      const name = event.userName ?? ctx?.state.visitor?.email
      return audit.record(tx, {
        organizationId: event.organizationId, action: event.action, outcome: event.outcome, userId: event.userId, application: event.application, details: event.details,
        actor: event.userId !== null && name !== undefined ? { kind: 'user', id: event.userId, name } : { kind: 'application', id: event.application?.id ?? null, name: event.application?.name ?? '' },
        ...(ctx ? from(ctx) : {}),
      })
    },

    federation: (tx: Transaction, ctx: Context, event: FederationEvent) => audit.record(tx, {
      organizationId: event.organizationId, action: event.action, outcome: event.outcome, userId: event.userId, application: event.application, details: event.details,
      actor: event.userId !== null && event.userName !== undefined ? { kind: 'user', id: event.userId, name: event.userName } : { kind: 'application', id: event.application?.id ?? null, name: event.application?.name ?? '' },
      ...from(ctx),
    }),

    externalMfa: (tx: Transaction, ctx: Context, { user, connection, ...event }: ExternalMfaEvent) => audit.record(tx, {
      organizationId: event.organizationId, action: event.action, outcome: event.outcome, userId: user?.id ?? null, application: connection, details: event.details,
      actor: user && event.proven ? { kind: 'user', id: user.id, name: user.email } : { kind: 'application', id: connection.id, name: connection.name }, ...from(ctx),
    }),

    newcomer: (tx: Transaction, ctx: Context, event: NewcomerEvent) => audit.record(tx, {
      organizationId: event.organizationId, action: event.action, outcome: 'success', actor: { kind: 'user', id: event.user.id, name: event.user.email },
      userId: event.user.id, details: event.details, ...from(ctx),
    }),

    /** Whoever has the link is the person; whoever typed a wrong code may be anybody. */
    activation: (tx: Transaction, ctx: Context, event: ActivationEvent) => audit.record(tx, {
      organizationId: event.organizationId, action: event.action, outcome: event.outcome, userId: event.user.id, details: event.details, ...from(ctx),
      ...(event.action === 'phone.code_refused' ? { actor: { kind: 'anonymous', id: null, name: '' }, target: { kind: 'user', id: event.user.id, name: event.user.email } } : { actor: { kind: 'user', id: event.user.id, name: event.user.email } }),
    }),

    /** Another directory said so, by one of its tokens; without one the time has come that it set. */
    scim: (tx: Transaction, organizationId: OrganizationId, caller: Caller | null, event: ScimEvent) => audit.record(tx, {
      organizationId, action: event.action, outcome: 'success', target: event.target, userId: event.userId ?? null, details: event.details ?? {},
      actor: caller ? { kind: 'application', id: caller.token.id, name: `SCIM: ${caller.token.name}` } : { kind: 'job', id: null, name: 'remove people whom SCIM deleted' },
      ...(caller ? { ip: caller.ip, userAgent: caller.userAgent } : {}),
    }),

    /** A service provider's metadata, read again by itself, changed who gets its answers. */
    metadata: (tx: Transaction, before: Application, after: Application) => audit.record(tx, {
      organizationId: after.organizationId, action: 'application.changed', outcome: 'success', actor: { kind: 'job', id: null, name: 'read metadata' },
      target: { kind: 'application', id: after.id, name: after.name }, application: { id: after.id, name: after.name }, details: metadataChanges(before, after),
    }),

    async panel(tx: Transaction, ctx: Context, event: PanelEvent): Promise<void> {
      const { visitor } = ctx.state
      if (!visitor) throw new Error('a panel act without a visitor')
      const application = event.target?.kind === 'application' ? { application: { id: event.target.id, name: event.target.name } } : {}
      await audit.record(tx, {
        organizationId: visitor.organizationId as OrganizationId, action: event.action, outcome: event.outcome ?? 'success', actor: { kind: 'user', id: visitor.userId, name: visitor.email },
        userId: event.userId ?? null, details: event.details ?? {}, ...(event.target ? { target: event.target } : {}), ...application, ...from(ctx),
      })
    },
  }
}

/** A key that is refused was there all the same. */
function isProven({ action, details }: SignInEvent): boolean {
  return !['signin.refused', 'code.sent', 'code.refused'].includes(action) || details['method'] === 'passkey'
}
