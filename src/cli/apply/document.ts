import { z } from 'zod'
import { oidcScopes, requiredAssurances, webAddressProblem, type RequiredAssurance } from '../../applications/index.ts'
import { foldText, readName } from '../../directory/index.ts'
import { normaliseEmail } from '../../messaging/index.ts'
import { applicationProblems, uriSentences } from './application-rules.ts'
import { federatedFields } from './federated-document.ts'

const name = z.string().refine((text) => readName(text) !== undefined, 'must be a name of at most 100 characters, without < and >').transform((text) => readName(text) ?? text)
const email = z.string().refine((text) => normaliseEmail(text) !== undefined, 'must be an email address like name@example.com')
const description = z.string().max(500)
const webAddress = z.string().superRefine((uri, context) => {
  const problem = webAddressProblem(uri)
  if (problem) context.addIssue({ code: 'custom', message: uriSentences[problem] })
}).nullable()
const secretReference = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'must be env:NAME or file:path; secrets themselves do not belong in this file')

const settings = z.strictObject({
  emailCode: z.boolean(), smsCode: z.boolean(), codesForKeyHolders: z.boolean(), recoveryCodes: z.boolean(), password: z.boolean(), totp: z.boolean(), accessPass: z.boolean(), passwordEnrolsFirstKey: z.boolean(),
  phone: z.boolean(), phoneCode: z.boolean(), phoneNear: z.boolean(),
  userVerification: z.enum(['required', 'preferred']), idleMinutes: z.number().int().min(5).max(10_080), absoluteHours: z.number().int().min(1).max(720),
  invitationDays: z.number().int().min(1).max(60),
}).partial()

const group = z.strictObject({ name, description: description.optional() })

const user = z.strictObject({
  email, givenName: name.optional(), familyName: name.optional(), role: z.enum(['user', 'helpdesk', 'administrator', 'owner']).optional(),
  groups: z.array(name).optional(), invite: z.boolean().optional(),
})

const application = z.strictObject({
  name, kind: z.enum(['web', 'public', 'service', 'saml', 'wsfed', 'link']), clientId: z.string().regex(/^[\w.~-]{3,100}$/, 'must have 3 to 100 letters, digits or . _ ~ -').optional(),
  description: description.optional(), launchUrl: webAddress.optional(), secret: secretReference.optional(), trusted: z.boolean().optional(), enabled: z.boolean().optional(),
  redirectUris: z.array(z.string()).optional(), postLogoutRedirectUris: z.array(z.string()).optional(), backchannelLogoutUri: webAddress.optional(), initiateLoginUri: webAddress.optional(),
  jwksUri: webAddress.optional(), authMethod: z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']).optional(),
  scopes: z.array(z.enum(oidcScopes)).optional(), refreshTokens: z.boolean().optional(), parRequired: z.boolean().optional(), dpopBound: z.boolean().optional(),
  idTokenAlg: z.enum(['RS256', 'ES256', 'EdDSA']).optional(), accessTokenMinutes: z.number().int().min(1).max(1_440).optional(), refreshTokenDays: z.number().int().min(1).max(365).optional(),
  requiredAssurance: z.enum(requiredAssurances as [RequiredAssurance, ...RequiredAssurance[]]).nullable().optional(),
  access: z.union([z.literal('everyone'), z.strictObject({ groups: z.array(name).optional(), users: z.array(email).optional() })]).optional(),
  ...federatedFields(uriSentences),
}).superRefine((value, context) => {
  for (const { path, message } of applicationProblems(value)) context.addIssue({ code: 'custom', path: [...path], message })
})

const organization = z.strictObject({
  name, slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'must be lower case letters, digits and dashes').optional(),
  hue: z.number().int().min(0).max(359).nullable().optional(), defaultLocale: z.enum(['en', 'de', 'fa']).nullable().optional(),
  settings: settings.optional(), groups: z.array(group).optional(), users: z.array(user).optional(), applications: z.array(application).optional(),
})

/** The whole file. What it names twice would be two wills about one thing. */
export const document = z.strictObject({ organizations: z.array(organization).min(1) }).superRefine(({ organizations }, context) => {
  const twice = (path: (string | number)[], keys: readonly (string | undefined)[], last: string): void => {
    keys.forEach((key, index) => {
      if (key !== undefined && keys.indexOf(key) !== index) context.addIssue({ code: 'custom', path: [...path, index, last], message: 'is in this file twice' })
    })
  }
  twice(['organizations'], organizations.map(({ slug }) => slug), 'slug')
  twice(['organizations'], organizations.map((entry) => (entry.slug === undefined ? entry.name : undefined)), 'name')
  const emails = organizations.flatMap(({ users = [] }, place) => users.map((entry, index) => ({ key: normaliseEmail(entry.email)?.key, path: ['organizations', place, 'users', index, 'email'] })))
  emails.forEach(({ key, path }, index) => {
    if (emails.findIndex((other) => other.key === key) !== index) context.addIssue({ code: 'custom', path, message: 'is in this file twice' })
  })
  organizations.forEach(({ groups = [], applications = [] }, place) => {
    twice(['organizations', place, 'groups'], groups.map((entry) => foldText(entry.name)), 'name')
    twice(['organizations', place, 'applications'], applications.map((entry) => foldText(entry.name)), 'name')
    twice(['organizations', place, 'applications'], applications.map((entry) => entry.clientId), 'clientId')
    twice(['organizations', place, 'applications'], applications.map((entry) => entry.entityId), 'entityId')
    twice(['organizations', place, 'applications'], applications.map((entry) => entry.realm), 'realm')
  })
})

export type ApplyDocument = z.infer<typeof document>
export type OrganizationEntry = ApplyDocument['organizations'][number]
export type ApplicationEntry = NonNullable<OrganizationEntry['applications']>[number]
export type UserEntry = NonNullable<OrganizationEntry['users']>[number]

/** Every name that may stand in the file, for suggestions. */
export const knownNames: readonly string[] = [
  'organizations', ...[organization, settings, group, user, application].flatMap((part) => Object.keys(part.shape)),
]
