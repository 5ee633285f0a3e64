import type { Invitation, Invitations, Organization, User } from '../directory/index.ts'
import type { Transaction, UserId } from '../storage/index.ts'
import type { Letters } from './letters.ts'

/** For one organization, whoever invites and however. */
export const invitationsPerHour = { name: 'admin.invitations', attempts: 500, windowSeconds: 3_600 }

export interface InvitationOrder {
  readonly organization: Organization
  readonly user: User
  readonly purpose: Invitation['purpose']
  readonly note: string
  /** null when the operator invites from the command line. */
  readonly createdBy: { readonly id: UserId; readonly name: string } | null
}

/** Makes a one-time link and puts its mail into the outbox. @returns the link, for those who hand it over themselves. */
export type Invite = (tx: Transaction, order: InvitationOrder) => Promise<{ readonly link: string; readonly expiresAt: number }>

export function createInvite(needs: { invitations: Invitations; letters: Letters; publicUrl: string }): Invite {
  return async (tx, { organization, user, purpose, note, createdBy }) => {
    const { token, expiresAt } = await needs.invitations.create(tx, {
      organizationId: organization.id, userId: user.id, purpose, note, createdBy: createdBy?.id ?? null, lifetimeDays: organization.settings.invitationDays,
    })
    const link = `${needs.publicUrl}/invitation/${token}`
    await needs.letters.mail(tx, {
      template: purpose === 'reset' ? 'access-reset' : 'invitation', expiresAt,
      to: { organizationId: user.organizationId, email: user.email, givenName: user.givenName, locale: user.locale },
      model: { link, note, inviter: createdBy?.name ?? null, expiresAt, host: new URL(needs.publicUrl).host },
    })
    return { link, expiresAt }
  }
}
