import { organizationParagraphs, type Invitation, type Invitations, type Organization, type OrganizationTexts, type User } from '../directory/index.ts'
import type { Microsoft365 } from '../microsoft365/index.ts'
import { stepRows } from '../panels/account/index.ts'
import type { LetterLine } from '../panels/index.ts'
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

export function createInvite(needs: {
  invitations: Invitations; letters: Letters; texts: Pick<OrganizationTexts, 'all'>; peopleGuide: Pick<Microsoft365['peopleGuide'], 'find'>; text: (locale: string, key: string) => string; publicUrl: string
}): Invite {
  /** What the newcomer will find in the panel, told beforehand (S118). */
  async function steps(tx: Transaction, organization: Organization, locale: string): Promise<LetterLine[]> {
    const [texts, { requirement }] = [await needs.texts.all(organization.id, tx), await needs.peopleGuide.find(organization.id)]
    const microsoft = requirement === 'required' ? 'open' : requirement === 'done' ? 'done_by_admin' : 'not_needed'
    const rows = stepRows({ phones: { active: 0, pending: false }, phonesAllowed: organization.settings.methods.phone, keys: [], microsoft }, (step) => organizationParagraphs(texts, `start.${step}`, locale))
    return rows.map(({ ordinal, titleKey, textKey, paragraphs, open, stateKey }) => ({
      ordinal, title: needs.text(locale, titleKey), text: paragraphs.length > 0 ? paragraphs.join('\n') : needs.text(locale, textKey), state: open ? '' : needs.text(locale, stateKey),
    }))
  }

  return async (tx, { organization, user, purpose, note, createdBy }) => {
    const { token, expiresAt } = await needs.invitations.create(tx, {
      organizationId: organization.id, userId: user.id, purpose, note, createdBy: createdBy?.id ?? null, lifetimeDays: organization.settings.invitationDays,
    })
    const link = `${needs.publicUrl}/invitation/${token}`
    await needs.letters.mail(tx, {
      template: purpose === 'reset' ? 'access-reset' : 'invitation', expiresAt,
      to: { organizationId: user.organizationId, email: user.email, givenName: user.givenName, locale: user.locale },
      model: {
        link, note, inviter: createdBy?.name ?? null, expiresAt, host: new URL(needs.publicUrl).host,
        ...(purpose === 'reset' ? {} : { steps: await steps(tx, organization, needs.letters.localeOf(organization, user.locale)), helpLink: `${needs.publicUrl}/help` }),
      },
    })
    return { link, expiresAt }
  }
}
