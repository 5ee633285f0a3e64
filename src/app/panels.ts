import type { Application } from '../applications/index.ts'
import type { Routes } from '../http/index.ts'
import { normaliseEmail, normalisePhone } from '../messaging/index.ts'
import { homeRealmAddress } from '../microsoft365/index.ts'
import { mountAccount, steps, type AccountNeeds } from '../panels/account/index.ts'
import { mountAdmin } from '../panels/admin/index.ts'
import { mountHelp } from '../panels/guidance/index.ts'
import { mountPhone } from '../panels/phone/index.ts'
import { mountWelcome } from '../panels/welcome/index.ts'
import type { UserId } from '../storage/index.ts'
import { createDirectoryLooks } from './directory-looks.ts'
import type { Foundation } from './foundation.ts'
import { invitationsPerHour } from './inviting.ts'
import type { AppParts } from './parts.ts'
import { createPhoneAccount } from './phones.ts'

/** Gives each panel what it needs and mounts its routes. */
export function mountPanels(routes: Routes, foundation: Foundation, parts: AppParts): void {
  const { config, storage, clock, organizations, users, invitations, applications, letters, brands } = foundation
  const { sessions, codes, passkeys, securityCheck, throttle, limits, records } = parts
  const mail = letters.mail.bind(letters)

  mountWelcome(routes, {
    storage, clock, publicUrl: config.publicUrl, organizations, users, invitations, applications, sessions, codes, passkeys, securityCheck, throttle, normaliseEmail,
    limits: { ...limits, signUpsPerAddress: { name: 'signup.address', attempts: config.limits.signUpsPerAddress, windowSeconds: config.limits.windowSeconds } },
    brandOf: (id) => brands.ofId(id),
    async record(tx, ctx, event) {
      await records.newcomer(tx, ctx, event)
      // The first organization gives the product its name and colours.
      if (event.action === 'setup.completed') setTimeout(() => void brands.refresh().catch(() => undefined), 50)
    },
    mail, signUp: config.signUp, links: config.links,
  }, foundation.setupLinks)

  mountPhone(routes, {
    storage, clock, publicUrl: config.publicUrl, phones: parts.phones, passkeys, users, organizations, invitations, account: createPhoneAccount(foundation, parts.microsoft365), throttle, limits, normaliseEmail,
    brandOf: (id) => brands.ofId(id), record: records.activation, mail, pushOffered: config.phones.webPush, signUpOffered: config.signUp.personal || config.signUp.organizations, assets: foundation.assets,
  })

  mountHelp(routes, { publicUrl: config.publicUrl, extension: foundation.extension, agent: foundation.agent })

  mountAccount(routes, {
    storage, clock, publicUrl: config.publicUrl, users, invitations, organizations, applications, access: foundation.access, sessions, passkeys, codes, recoveryCodes: parts.recoveryCodes,
    localPasswords: parts.localPasswords, authenticators: parts.authenticators, accessPasses: parts.accessPasses, phones: parts.phones, groupMethods: foundation.groupMethods,
    audit: foundation.audit, throttle, limits, normaliseEmail, normalisePhone, smsConfigured: config.sms.url !== null, record: records.panel, mail, sms: letters.sms.bind(letters),
    microsoft365: microsoftOf(foundation, parts), texts: foundation.texts, phonesOf: (who) => parts.phones.store.standing(who),
    remove: (who, record) => parts.personAccess.remove(who, record), startAddress: (application) => startAddress(application, config.publicUrl), locales: foundation.views.locales,
  })

  mountAdmin(routes, {
    storage, clock, publicUrl: config.publicUrl, users, organizations, groups: foundation.groups, invitations, applications, access: foundation.access, sessions, passkeys, externalMfa: parts.externalMfa,
    localPasswords: parts.localPasswords, authenticators: parts.authenticators, accessPasses: parts.accessPasses, phones: parts.phones, phoneAssignments: parts.phoneAssignments, texts: foundation.texts, firstSteps: steps, pushOffered: config.phones.webPush, groupMethods: foundation.groupMethods,
    recoveryCodes: parts.recoveryCodes, audit: foundation.audit, scim: parts.scim, outbox: foundation.outbox, personAccess: parts.personAccess, metadata: parts.metadata,
    certificates: (purpose) => parts.keys.certificates(purpose), attributeFacts: parts.attributeFacts, endApplication: (tx, clientId) => parts.oidc.endApplication(tx, clientId), invite: foundation.invite, record: records.panel, mail,
    normaliseEmail, locales: foundation.views.locales, mailConfigured: config.smtp.url !== null, smsConfigured: config.sms.url !== null, refreshBrands: () => brands.refresh(),
    microsoft365: parts.microsoft365, signInPage: () => readSignInPage(parts.outbound, config.publicUrl),
    throttle, imports: foundation.peopleImports, directories: parts.directories, look: createDirectoryLooks(foundation), limits: { invitationsPerHour, testMails: { name: 'admin.test_mail', attempts: 10, windowSeconds: 600 }, phoneRequests: limits.phoneRequests },
  })
}

/** OpenID Connect Core §4: an application that can be told to begin is told so; others are simply opened. */
function startAddress(application: Application, publicUrl: string): string | null {
  const initiate = application.oidc?.initiateLoginUri ?? null
  if (initiate === null) return application.launchUrl ?? federatedStart(application)
  const url = new URL(initiate)
  url.searchParams.set('iss', publicUrl)
  if (application.launchUrl !== null) url.searchParams.set('target_link_uri', application.launchUrl)
  return url.href
}

/** Without an address of its own: SAML can begin here where the application allows it; WS-Federation begins at the application. */
function federatedStart({ id, saml, wsfed }: Application): string | null {
  if (saml) return saml.idpInitiated ? `/saml/start/${id}` : null
  const [reply] = wsfed?.replyUrls ?? []
  return reply === undefined ? null : `${new URL(reply).origin}/`
}

/** What a person's own panel knows of Microsoft 365. */
function microsoftOf({ domains, identities }: Foundation, parts: AppParts): AccountNeeds['microsoft365'] {
  const find = async (userId: UserId) => {
    const identity = await identities.of(userId)
    const domain = identity && (await domains.findByDomain(identity.upn))
    return identity && domain?.enabled ? { upn: identity.upn, domain } : null
  }
  return {
    peopleGuide: parts.microsoft365.peopleGuide,
    orders: ({ organizationId, id }) => parts.microsoft365.keys.store.ofPerson(organizationId, id),
    signInName: async (userId) => (await find(userId))?.upn ?? null,
    async address(userId) {
      const found = await find(userId)
      return found && homeRealmAddress(found.domain.loginHost, found.domain.domain)
    },
  }
}

/**
 * Asked as a browser would, through proxy and all; where this machine does not reach its own address, nothing is known. A sign-in has an
 * address of its own and belongs to one browser, so the first answer leads there and gives the cookie to come with.
 */
async function readSignInPage(outbound: AppParts['outbound'], publicUrl: string): Promise<{ html: string; contentSecurityPolicy: string } | undefined> {
  const headers = { accept: 'text/html' }
  try {
    const begun = await outbound.fetch(`${publicUrl}/signin`, { headers })
    const next = new URL(begun.headers['location'] ?? '', `${publicUrl}/signin`)
    if (begun.status !== 303 || next.origin !== new URL(publicUrl).origin) return undefined
    const cookies = (begun.headers['set-cookie'] ?? '').split(/, (?=[^;,\s]+=)/).map((cookie) => cookie.split(';')[0] ?? '').join('; ')
    const { status, headers: { 'content-security-policy': contentSecurityPolicy = '' }, body } = await outbound.fetch(next.href, { headers: { ...headers, cookie: cookies } })
    return status === 200 ? { html: body.toString('utf8'), contentSecurityPolicy } : undefined
  } catch {
    return undefined
  }
}
