import { defaultSettings, type GroupMethods, type PersonalSettings, type User, type Users } from '../directory/index.ts'
import type { SignInNeeds, SignInSettings, SignInUser } from '../authentication/signin/index.ts'

/** What signing in may know of people. */
export function createSignInUsers(users: Users, normaliseEmail: SignInNeeds['normaliseEmail']): SignInNeeds['users'] {
  return {
    async find(id) {
      const user = await users.findById(id)
      return user && toSignInUser(user)
    },
    async findByEmail(email) {
      const address = normaliseEmail(email)
      const user = address && (await users.findByEmailKey(address.key))
      return user && toSignInUser(user)
    },
    recordSignIn: (tx, user, proof) => users.recordSignIn(tx, user.id, proof.method === 'passkey' ? proof.credentialId : null),
  }
}

function toSignInUser({ id, organizationId, status, role, email, givenName, familyName, locale, emailVerified, phone, phoneVerified, managedBy, passkeys, authenticators }: User): SignInUser {
  return { id, organizationId, status, role, email, givenName, familyName, locale, emailVerified, phone, phoneVerified, managedBy, passkeys, authenticators }
}

/** The rules of one organization, those of one person in it, and those of pages that do not know one yet. */
export function createSignInSettings(groupMethods: GroupMethods, smsConfigured: boolean): Pick<SignInNeeds, 'settingsOf' | 'settingsFor' | 'defaultSettings'> {
  const toSettings = ({ settings: { methods, userVerification, session }, anybody }: PersonalSettings): SignInSettings => ({
    methods: { ...methods, smsCode: methods.smsCode && smsConfigured }, anybody, userVerification, session,
  })
  return {
    settingsOf: async (id) => toSettings(await groupMethods.settings(id, null)),
    settingsFor: async (user) => toSettings(await groupMethods.settings(user.organizationId, user.id)),
    /** With several organizations a page offers what any of them allows; each one's own rules judge afterwards. */
    async defaultSettings() {
      const [first = toSettings({ settings: defaultSettings, anybody: defaultSettings.methods }), ...others] = (await groupMethods.all()).map(toSettings)
      return others.reduce((sum, { methods, anybody, userVerification }) => ({
        ...sum, methods: either(sum.methods, methods), anybody: either(sum.anybody, anybody), userVerification: sum.userVerification === 'preferred' ? 'preferred' : userVerification,
      }), first)
    },
  }
}

function either<Flags extends { readonly [Name in keyof Flags]: boolean }>(one: Flags, other: Flags): Flags {
  return Object.fromEntries(Object.entries(one).map(([name, on]) => [name, on === true || other[name as keyof Flags]])) as Flags
}
