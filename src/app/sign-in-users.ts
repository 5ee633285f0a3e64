import { defaultSettings, type Organizations, type OrganizationSettings, type User, type Users } from '../directory/index.ts'
import type { SignInNeeds, SignInSettings, SignInUser } from '../authentication/signin/index.ts'
import type { OrganizationId } from '../storage/index.ts'

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
    recordSignIn: (tx, user) => users.recordSignIn(tx, user.id),
  }
}

function toSignInUser({ id, organizationId, status, role, email, givenName, familyName, locale, emailVerified, phone, phoneVerified, passkeys }: User): SignInUser {
  return { id, organizationId, status, role, email, givenName, familyName, locale, emailVerified, phone, phoneVerified, passkeys }
}

/** The rules of one organization, and those of pages that do not know one yet. */
export function createSignInSettings(organizations: Organizations, smsConfigured: boolean) {
  const toSettings = ({ methods, userVerification, session }: OrganizationSettings): SignInSettings => ({
    methods: { ...methods, smsCode: methods.smsCode && smsConfigured }, userVerification, session,
  })
  return {
    async settingsOf(id: OrganizationId): Promise<SignInSettings> {
      return toSettings((await organizations.find(id))?.settings ?? defaultSettings)
    },
    /** With several organizations a page offers what any of them allows; each one's own rules judge afterwards. */
    async defaultSettings(): Promise<SignInSettings> {
      const all = (await organizations.list()).map((organization) => organization.settings)
      const [first = defaultSettings, ...others] = all
      return toSettings(others.reduce((sum, { methods, userVerification }) => ({
        ...sum,
        methods: {
          emailCode: sum.methods.emailCode || methods.emailCode, smsCode: sum.methods.smsCode || methods.smsCode,
          codesForKeyHolders: sum.methods.codesForKeyHolders || methods.codesForKeyHolders, recoveryCodes: sum.methods.recoveryCodes || methods.recoveryCodes,
        },
        userVerification: sum.userVerification === 'preferred' ? 'preferred' : userVerification,
      }), first))
    },
  }
}
