import { parseDocument } from 'yaml'
import { z } from 'zod'
import { oidcScopes, redirectUriProblem, requiredAssurances, webAddressProblem } from '../../applications/index.ts'
import { OperatorError } from '../../errors.ts'
import { normaliseEmail } from '../../messaging/index.ts'

const name = z.string().trim().min(1).max(100)
const email = z.string().refine((text) => normaliseEmail(text) !== undefined, 'must be an email address like name@example.com')
const webAddress = z.string().refine((uri) => webAddressProblem(uri) === undefined, { error: (issue) => `may not be registered (${webAddressProblem(String(issue.input)) ?? ''})` })
const secretReference = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'must be env:NAME or file:path; secrets themselves do not belong in this file')

const settings = z.strictObject({
  emailCode: z.boolean(), smsCode: z.boolean(), codesForKeyHolders: z.boolean(), recoveryCodes: z.boolean(),
  userVerification: z.enum(['required', 'preferred']), idleMinutes: z.number().int().min(5).max(10_080), absoluteHours: z.number().int().min(1).max(720),
  invitationDays: z.number().int().min(1).max(60),
}).partial()

const group = z.strictObject({ name, description: z.string().max(500).optional() })

const user = z.strictObject({
  email, givenName: name.optional(), familyName: name.optional(), role: z.enum(['user', 'helpdesk', 'administrator', 'owner']).optional(),
  groups: z.array(name).optional(), invite: z.boolean().optional(),
})

const application = z.strictObject({
  name, kind: z.enum(['web', 'public', 'service', 'link']), clientId: z.string().regex(/^[\w.~-]{3,100}$/, 'must have 3 to 100 letters, digits or . _ ~ -').optional(),
  description: z.string().max(500).optional(), launchUrl: webAddress.optional(), secret: secretReference.optional(), trusted: z.boolean().optional(), enabled: z.boolean().optional(),
  redirectUris: z.array(z.string()).optional(), postLogoutRedirectUris: z.array(z.string()).optional(), backchannelLogoutUri: webAddress.optional(), initiateLoginUri: webAddress.optional(),
  jwksUri: webAddress.optional(), authMethod: z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']).optional(),
  scopes: z.array(z.enum(oidcScopes)).optional(), refreshTokens: z.boolean().optional(), parRequired: z.boolean().optional(), dpopBound: z.boolean().optional(),
  idTokenAlg: z.enum(['RS256', 'ES256', 'EdDSA']).optional(), accessTokenMinutes: z.number().int().min(1).max(1_440).optional(), refreshTokenDays: z.number().int().min(1).max(365).optional(),
  requiredAssurance: z.enum(requiredAssurances as [string, ...string[]]).optional(),
  access: z.union([z.literal('everyone'), z.strictObject({ groups: z.array(name).optional(), users: z.array(email).optional() })]).optional(),
}).superRefine((value, context) => {
  if (value.kind === 'link') return
  for (const field of ['redirectUris', 'postLogoutRedirectUris'] as const) {
    value[field]?.forEach((uri, index) => {
      const problem = redirectUriProblem(uri, value.kind === 'link' ? 'web' : value.kind)
      if (problem) context.addIssue({ code: 'custom', path: [field, index], message: `${uri} may not be registered (${problem})` })
    })
  }
})

const document = z.strictObject({
  organizations: z.array(z.strictObject({
    name, slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'must be lower case letters, digits and dashes').optional(),
    settings: settings.optional(), groups: z.array(group).optional(), users: z.array(user).optional(), applications: z.array(application).optional(),
  })).min(1),
})

export type ApplyDocument = z.infer<typeof document>
export type OrganizationEntry = ApplyDocument['organizations'][number]
export type ApplicationEntry = NonNullable<OrganizationEntry['applications']>[number]
export type UserEntry = NonNullable<OrganizationEntry['users']>[number]

/** @throws OperatorError that names every problem with its place in the file. */
export function readApplyDocument(text: string, source: string): ApplyDocument {
  const yaml = parseDocument(text)
  if (yaml.errors.length > 0) {
    throw new OperatorError([`${source} is not valid YAML`, ...yaml.errors.map((error) => `  line ${error.linePos?.[0]?.line ?? '?'}   ${error.message.split('\n')[0] ?? ''}`)].join('\n'))
  }
  const result = document.safeParse(yaml.toJS())
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => `  ${issue.path.join('.') || 'the file'}   ${issue.message}`)
  throw new OperatorError([`${source} has ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`, ...problems].join('\n'))
}
