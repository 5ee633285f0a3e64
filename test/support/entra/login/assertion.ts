import { refusal, type Check, type Refusal } from '../aadsts.ts'
import type { Domain, Federation, User } from '../tenant.ts'
import { multipleAuthentication, type World } from '../world.ts'
import { instantOf, type XmlElement } from '../xml.ts'
import type { SignedMessage } from './signature.ts'

/** A message on its way through the checks: each may rest on what those before it left here. */
export interface Message extends SignedMessage {
  readonly world: World
  domain: Domain | undefined
  federation: Federation | undefined
  immutableId: string
  upn: string
  user: User | undefined
  methods: readonly string[]
  authenticatedAt: number | undefined
}

/** Something an earlier check must have left; its absence is a fault of the simulator, not of the message. */
export function known<Thing>(thing: Thing | undefined, what: string): Thing {
  if (thing === undefined) throw new Error(`no check has found the ${what}`)
  return thing
}

/** 7.2 #20 and 7.3 #10: a domain speaks for itself and for those that inherit its federation, for no other. */
export function refuseForeignUpn({ world, domain, upn }: Message): Refusal | undefined {
  const suffix = world.directory.domainOfUpn(upn)
  const ruled = world.directory.ruledBy(known(domain, 'domain'))
  return suffix && /^[^@\s]+@[^@\s]+$/.test(upn) && ruled.includes(suffix) ? undefined : refusal(5000819, `"${upn}" is not of ${ruled.map(({ name }) => name).join(' or ')}`)
}

/** 7.2 #21 to #23; 7.3 #12 and the token endpoint use them too. */
export function userChecks(number: (check: 21 | 22 | 23) => string): readonly Check<Message>[] {
  return [
    {
      number: number(21), is: 'a user with that ImmutableID exists', refuse: (message) => {
        const tenant = known(message.world.directory.findTenant(known(message.domain, 'domain').tenantId), 'tenant')
        message.user = message.world.directory.findByImmutableId(tenant, message.immutableId)
        return message.user ? undefined : refusal(51004, `no user has the ImmutableID "${message.immutableId}"`)
      },
    },
    {
      number: number(22), is: 'the UPN of that user is the one of the token', refuse: ({ user, upn }) => {
        const { userPrincipalName } = known(user, 'user')
        return userPrincipalName.toLowerCase() === upn.toLowerCase() ? undefined : refusal(90072, `the token names "${upn}", the directory "${userPrincipalName}"`)
      },
    },
    { number: number(23), is: 'the account is enabled', refuse: ({ user }) => (known(user, 'user').accountEnabled ? undefined : refusal(50057, 'the account is switched off')) },
  ]
}

/** 7.2 #17 and 7.3 #9. */
export function refuseWindow(conditions: XmlElement, { world }: Message): Refusal | undefined {
  const [from, to] = [instantOf(conditions.attributes['NotBefore']), instantOf(conditions.attributes['NotOnOrAfter'])]
  if (from === undefined || to === undefined) return refusal(500133, 'Conditions name no NotBefore or no NotOnOrAfter')
  const now = world.now()
  if (now + world.skewMilliseconds < from) return refusal(500133, `not before ${new Date(from).toISOString()}, now it is ${new Date(now).toISOString()}`)
  if (now - world.skewMilliseconds >= to) return refusal(500133, `not on or after ${new Date(to).toISOString()}, now it is ${new Date(now).toISOString()}`)
  return undefined
}

/** The time of authentication, which no clock can be ahead of. */
export function refuseInstant(text: string | undefined, { world }: Message): Refusal | undefined {
  const at = instantOf(text)
  if (at === undefined) return refusal(50130, `the instant of authentication is "${text ?? ''}"`)
  return at > world.now() + world.skewMilliseconds ? refusal(50130, `the authentication is in the future: ${text ?? ''}`) : undefined
}

const windowsOrMultiple = 'http://schemas.microsoft.com/claims/wiaormultiauthn'

/** The second URI counts in WS-Federation only (0.1). */
export function namesMfa(methods: readonly string[], protocol: 'saml' | 'wsFed'): boolean {
  return methods.includes(multipleAuthentication) || (protocol === 'wsFed' && methods.includes(windowsOrMultiple))
}

const classes = ['Password', 'PasswordProtectedTransport', 'unspecified', 'Kerberos', 'X509', 'TLSClient', 'Smartcard', 'SmartcardPKI', 'SoftwarePKI', 'PreviousSession', 'TimeSyncToken',
  'MobileTwoFactorContract', 'MobileTwoFactorUnregistered'].map((name) => `urn:oasis:names:tc:SAML:2.0:ac:classes:${name}`)
const oldMethods = ['urn:oasis:names:tc:SAML:1.0:am:password', 'urn:oasis:names:tc:SAML:1.0:am:unspecified', 'urn:oasis:names:tc:SAML:1.0:am:X509-PKI', 'urn:oasis:names:tc:SAML:1.0:am:HardwareToken',
  'urn:ietf:rfc:1510', 'urn:ietf:rfc:2246', 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport', windowsOrMultiple]
const shared = [multipleAuthentication, 'urn:federation:authentication:windows']

export function isKnownClass(name: string): boolean {
  return shared.includes(name) || classes.includes(name)
}

export function isKnownMethod(name: string): boolean {
  return shared.includes(name) || oldMethods.includes(name) || /^https?:\/\/schemas\.microsoft\.com\/ws\/2008\/06\/identity\/authenticationmethod\/\w+$/.test(name)
}
