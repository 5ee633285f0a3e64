import type { Organizations } from '../directory/index.ts'
import type { Brand } from '../http/index.ts'
import type { createViews } from '../http/index.ts'
import type { Outbox } from '../messaging/index.ts'
import type { PanelLetter } from '../panels/index.ts'
import type { Clock, OrganizationId, Transaction } from '../storage/index.ts'

export interface Letters {
  /** The language that a mail to this person will be in. */
  localeOf(organization: { readonly defaultLocale: string | null } | undefined, locale: string | null): string
  /** Writes a mail in the reader's language and puts it into the outbox, in the caller's transaction. */
  mail(tx: Transaction, letter: PanelLetter): Promise<void>
  sms(tx: Transaction, message: { organizationId: string; phone: string; code: string; expiresAt: number; locale: string | null }): Promise<void>
}

export function createLetters(needs: {
  views: ReturnType<typeof createViews>; outbox: Outbox; organizations: Organizations; clock: Clock; publicUrl: string; defaultBrand: () => Brand
}): Letters {
  const localeOf: Letters['localeOf'] = (organization, locale) => needs.views.negotiate(organization?.defaultLocale ?? undefined, locale ?? undefined)
  return {
    localeOf,
    async mail(tx, letter) {
      const { to } = letter
      const organization = to.organizationId === '' ? undefined : await needs.organizations.find(to.organizationId as OrganizationId, tx)
      // A personal account belongs to nobody but its owner: its mails come from the service.
      const name = organization?.kind === 'business' ? organization.name : needs.defaultBrand().name
      const locale = localeOf(organization, to.locale)
      const { subject, text, html } = needs.views.mail(
        letter.template, { name: to.givenName === '' ? to.email : to.givenName, at: needs.clock.now(), link: `${needs.publicUrl}/`, application: null, ...letter.model },
        { locale, organization: { name, logoUrl: null, brandHref: null } })
      await needs.outbox.enqueue(tx, {
        organizationId: organization?.id ?? null, channel: 'mail', recipient: to.email, template: letter.template, content: { subject, text, html },
        priority: letter.urgent ? 'urgent' : 'normal', expiresAt: letter.expiresAt,
      })
    },
    async sms(tx, message) {
      const organization = message.organizationId === '' ? undefined : await needs.organizations.find(message.organizationId as OrganizationId, tx)
      const name = organization?.kind === 'business' ? organization.name : needs.defaultBrand().name
      const locale = localeOf(organization, message.locale)
      const text = needs.views.text(locale, 'sms.code', {
        code: message.code, organization: name, host: new URL(needs.publicUrl).host,
      })
      await needs.outbox.enqueue(tx, {
        organizationId: organization?.id ?? null, channel: 'sms', recipient: message.phone, template: 'code', content: { text }, priority: 'urgent', expiresAt: message.expiresAt,
      })
    },
  }
}
