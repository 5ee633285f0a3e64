import { createAccessPasses } from '../authentication/methods/access-pass/index.ts'
import { createCodes, readCode } from '../authentication/methods/code/index.ts'
import { createPasskeys } from '../authentication/methods/passkey/index.ts'
import { createHashing, createLocalPasswords } from '../authentication/methods/password/index.ts'
import { createRecoveryCodes } from '../authentication/methods/recovery-code/index.ts'
import { createAuthenticators } from '../authentication/methods/totp/index.ts'
import { createSecurityCheck } from '../authentication/security-check/index.ts'
import { createSessions } from '../authentication/sessions/index.ts'
import { createSignIns, signInLimits } from '../authentication/signin/index.ts'
import { createOnce, createThrottle } from '../authentication/throttle/index.ts'
import { createCookieSigner } from '../http/index.ts'
import { createOutbound } from '../http/outbound/index.ts'
import { createJobs } from '../jobs/index.ts'
import { createKeys } from '../keys/index.ts'
import { createDelivery, createMailTransport, createSmsTransport, normaliseEmail } from '../messaging/index.ts'
import type { FederatedDomains } from '../protocols/exchange/index.ts'
import { createExternalMfa } from '../protocols/external-mfa/index.ts'
import { createOidc } from '../protocols/oidc/index.ts'
import { createSaml } from '../protocols/saml/index.ts'
import { createMetadataImport } from '../protocols/saml/metadata-import/index.ts'
import { createWsFed } from '../protocols/wsfed/index.ts'
import { createXmlReader } from '../protocols/xml/index.ts'
import { createAttributeFacts } from './attribute-facts.ts'
import type { Foundation } from './foundation.ts'
import type { Phones } from '../phones/index.ts'
import type { Protocol } from '../protocols/index.ts'
import type { ApplicationId, OrganizationId, UserId } from '../storage/index.ts'
import { joinDirectories } from './directories.ts'
import { createDirectoryPasswords } from './directory-looks.ts'
import { createImporting } from './importing.ts'
import { joinMicrosoft365 } from './microsoft365.ts'
import { createPersonAccess } from './person-access.ts'
import { createRecords } from './records.ts'
import { joinPhones } from './phones.ts'
import { createPhoneAssigning } from './phone-assigning.ts'
import { joinScim } from './scim.ts'
import { createSignInSettings, createSignInUsers } from './sign-in-users.ts'
import { createTasks } from './tasks.ts'

export type AppParts = ReturnType<typeof composeParts>

/** Builds every room and hands each what it needs; where a room must hear from a higher one, a callback stands here. */
export function composeParts(foundation: Foundation) {
  const { config, log, storage, clock, sealer, users, audit, letters, brands } = foundation
  const hash = (text: string): string => sealer.keyedHash('limit', text)
  const throttle = createThrottle({ storage, clock, hash, onLimit: (limit) => { log.warn('an attempt limit was reached', { limit: limit.name }) } })
  const once = createOnce({ storage, clock })
  const sessions = createSessions({ storage, clock, brandOf: (organization) => brands.of(organization) })
  const codes = createCodes({ storage, sealer, clock, triesPerCode: config.limits.triesPerCode })
  const recoveryCodes = createRecoveryCodes({ storage, sealer, clock })
  const localPasswords = createLocalPasswords({ storage, clock, hashing: createHashing() })
  const authenticators = createAuthenticators({ storage, sealer, clock, readCode })
  const accessPasses = createAccessPasses({ storage, sealer, clock })
  const passkeys = createPasskeys({ storage, clock, publicUrl: config.publicUrl, rpName: 'Doorward' })
  const securityCheck = createSecurityCheck({ key: sealer.deriveKey('security check'), clock, once })
  const limits = signInLimits(config.limits)
  const records = createRecords(audit)
  const signInSettings = createSignInSettings(foundation.groupMethods, config.sms.url !== null)
  const outbound = createOutbound({ allow: config.outbound.allow, caFile: config.outbound.caFile })
  const keys = createKeys({ storage, sealer, clock })
  const cookieSigner = createCookieSigner(sealer.deriveKey('cookies'))

  const microsoft365 = joinMicrosoft365(foundation, { outbound, keys, announce: (userId, what) => { phones[what === 'asked' ? 'call' : 'changed'](userId) } })
  const phones: Phones = joinPhones(foundation, { passkeys, throttle, once, outbound, microsoft365 })

  const phoneAssignments = createPhoneAssigning(foundation, { phones, throttle })

  const signIns = createSignIns({
    publicUrl: config.publicUrl, phones, storage, clock, sessions, codes, recoveryCodes, authenticators, accessPasses, securityCheck, throttle, limits, passkeys, normaliseEmail, ...signInSettings,
    hash: (text) => sealer.keyedHash('decoy', text),
    passwords: { verify: (holder, password) => foundation.passwords.verify(holder, password), pretend: (password) => localPasswords.pretend(password), isSpent: (userId) => localPasswords.isSpent(userId) },
    users: createSignInUsers(users, normaliseEmail),
    brandOf: (id) => brands.ofId(id), defaultBrand: () => brands.default(), isSetUp: () => brands.any(),
    record: records.signIn,
    mail: (tx, { template, user, model, expiresAt }) => letters.mail(tx, { template, to: user, model: model as Record<string, string | number | null>, expiresAt, urgent: template === 'code' }),
    sms: (tx, { user, phone, code, expiresAt }) => letters.sms(tx, { organizationId: user.organizationId, phone, code, expiresAt, locale: user.locale }),
    signUpOffered: config.signUp.personal || config.signUp.organizations,
    helpUrl: config.links.help,
  })

  const oidc = createOidc({
    publicUrl: config.publicUrl, storage, clock, log, cookieSigner, nonceSecret: sealer.deriveKey('dpop nonce'), desk: signIns.desk, beginSignOut: signIns.signOuts.begin, sessions,
    applications: foundation.applications, mayUse: (applicationId, userId) => foundation.access.mayUse(applicationId, userId), person: (id) => users.person(id),
    keys: () => keys.current('oidc'), once, fetch: outbound.toFetch(), brandOf: (id) => brands.ofId(id), record: records.oidc,
  })
  const xml = createXmlReader()
  const { domains, identities } = foundation
  const federatedDomains: FederatedDomains = {
    findByKey: (key) => domains.findByKey(key), findByDomain: (upn) => domains.findByDomain(upn), anyTrusts: async () => (await domains.listEnabled()).some((domain) => domain.enabled && domain.wsTrust && domain.protocol === 'wsfed'),
    identityFor: (domain, userId) => identities.forAssertion(domain, userId),
    findByUpn: async (organizationId, upn) => (await identities.findByUpn(organizationId, upn))?.userId,
  }
  const federation = {
    publicUrl: config.publicUrl, storage, clock, keys, desk: signIns.desk, beginSignOut: signIns.signOuts.begin, sessions, applications: foundation.applications, domains: federatedDomains,
    mayUse: (applicationId: ApplicationId, userId: UserId) => foundation.access.mayUse(applicationId, userId), person: (id: UserId) => users.person(id),
    brandOf: (id: OrganizationId) => brands.ofId(id), record: records.federation,
  }
  const externalMfa = createExternalMfa({
    publicUrl: config.publicUrl, storage, clock, log, desk: signIns.desk, sessions, keys, fetch: outbound.fetch, once, throttle, brandOf: (id) => brands.ofId(id), record: records.externalMfa,
    async personWithAddress(text) {
      const address = normaliseEmail(text)
      return address && users.findByEmailKey(address.key)
    },
    async personWithUpn(organizationId, upn) {
      const id = await federatedDomains.findByUpn(organizationId, upn)
      return id && users.find(organizationId, id)
    },
  })
  // Whether a domain takes passwords is decided for that domain; that administrators have none, for all of them (SEC-59).
  const verifyPassword = async (userId: UserId, password: string) => {
    const user = await users.findById(userId)
    return user?.role === 'user' ? foundation.passwords.verify(user, password) : 'none'
  }
  const protocols: readonly Protocol[] = [oidc, createSaml({ ...federation, reader: xml, once, throttle }), createWsFed({ ...federation, reader: xml, once, throttle, limits: { ...limits, triesPerAccount: limits.passwordTries }, verifyPassword }), externalMfa]
  for (const protocol of protocols) {
    sessions.onEnding((tx, ended) => protocol.endingSessions(tx, ended))
    sessions.onEnd((ended, userId) => protocol.endSessions(ended, userId))
  }

  const metadata = createMetadataImport({ storage, clock, applications: foundation.applications, outbound, xml })

  const delivery = createDelivery({
    outbox: foundation.outbox, clock, log,
    mail: config.smtp.url === null ? undefined : createMailTransport({ ...config.smtp, url: config.smtp.url, caFile: config.outbound.caFile }),
    sms: config.sms.url === null ? undefined : createSmsTransport({ ...config.sms, url: config.sms.url }, { fetch: outbound.fetch, clock }),
  })
  const personAccess = createPersonAccess({ storage, users, passkeys, recoveryCodes, localPasswords, authenticators, accessPasses, phones, sessions, endAtApplications: (tx, id) => oidc.endPerson(tx, id) })
  const scim = joinScim(foundation, { personAccess, sessions, throttle, records })
  const directories = joinDirectories(foundation, { personAccess, sessions, microsoft365 })
  // A person of a directory has no other password, whatever was set before the directory took over.
  for (const keeper of [createDirectoryPasswords(foundation, directories), localPasswords]) foundation.passwords.add(keeper)
  const jobs = createJobs({ storage, clock, log, tasks: createTasks(foundation, { delivery, keys, oidc, metadata, records, microsoft365, scim, directories, importWork: createImporting(foundation, { throttle }), assignPhones: phoneAssignments.work }) })

  return {
    throttle, once, sessions, codes, recoveryCodes, localPasswords, authenticators, accessPasses, passkeys, phones, phoneAssignments, securityCheck, limits, records, signIns, oidc, externalMfa, protocols, xml, keys, jobs, delivery, cookieSigner, brands, outbound, metadata, microsoft365, scim,
    attributeFacts: createAttributeFacts({ users }),
    personAccess, directories,
  }
}
