import { z } from 'zod'

export const directoryKinds = ['active-directory', 'openldap', 'generic'] as const
export type DirectoryKind = (typeof directoryKinds)[number]

/** What a person's fields are read from: the first attribute of the list that has a value. An empty list leaves the field empty. */
export const mappedFields = [
  'email', 'givenName', 'familyName', 'displayName', 'phone', 'mobile', 'homePhone', 'locale', 'upn', 'otherEmails',
  'title', 'department', 'company', 'employeeNumber', 'office', 'manager', 'photo',
] as const
export type MappedField = (typeof mappedFields)[number]
export type Mapping = Readonly<Record<MappedField, readonly string[]>>

const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9;-]{0,63}$/)
const attributes = z.array(attribute).max(5)
const chosen = z.array(z.object({ anchor: z.string().max(200), name: z.string().max(300) })).max(500)

export const directorySettings = z.object({
  /** Tried in order; ldaps://host:636, or ldap://host:389 with StartTLS. Plain text is never spoken beyond StartTLS (SEC-62). */
  servers: z.array(z.object({ url: z.string().max(300) })).min(1).max(5),
  startTls: z.boolean().default(false),
  /** The directory's own authority in PEM, beside the usual ones. */
  ca: z.string().max(100_000).nullable().default(null),
  /** The name in the server's certificate, where it is addressed by another one. */
  serverName: z.string().max(253).nullable().default(null),
  bind: z.object({
    method: z.enum(['simple', 'external']).default('simple'),
    /** A DN, or for Active Directory a UPN. The password, or the key of the certificate, is sealed elsewhere. */
    name: z.string().max(500).default(''),
    certificate: z.string().max(100_000).nullable().default(null),
  }).prefault({}),
  base: z.string().max(500),
  /** Where groups are; null looks where people are. */
  groupBase: z.string().max(500).nullable().default(null),
  scope: z.enum(['sub', 'one']).default('sub'),
  userFilter: z.string().max(2_000),
  groupFilter: z.string().max(2_000),
  /** The attribute that never changes and is never given twice. */
  anchor: attribute,
  groups: z.object({
    mode: z.enum(['none', 'all', 'chosen']).default('none'),
    chosen: chosen.default([]),
    /** Whether only members of the chosen groups, nested ones included, become people here. */
    onlyMembers: z.boolean().default(false),
  }).prefault({}),
  mapping: z.object(Object.fromEntries(mappedFields.map((field) => [field, attributes.default([])])) as Record<MappedField, z.ZodDefault<typeof attributes>>),
  /** A plan that would take away more than either is not applied without an administrator's word. */
  guard: z.object({ percent: z.number().min(0).max(100).default(5), people: z.number().int().min(0).max(1_000_000).default(500) }).prefault({}),
  /** How long someone who has left stays suspended before the account is deleted, in days. */
  keepDays: z.number().int().min(0).max(3_650).default(30),
  /** Seconds between changes-only reads, and hours between reads of everything. */
  everySeconds: z.number().int().min(30).max(86_400).default(60),
  fullEveryHours: z.number().int().min(1).max(168).default(24),
  /** Minutes without a successful run before administrators are told. */
  staleMinutes: z.number().int().min(5).max(10_080).default(60),
  /** Whether someone who is locked out here also loses the sessions at Microsoft, where a domain has an app registration. */
  revokesMicrosoft: z.boolean().default(false),
  /** Who is invited without being asked for: members of these groups, people in these units; both empty is everybody. */
  invite: z.object({
    on: z.boolean().default(false), groups: chosen.default([]), units: z.array(z.string().max(500)).max(100).default([]), perDay: z.number().int().min(1).max(10_000).default(100),
  }).prefault({}),
})
export type DirectorySettings = z.infer<typeof directorySettings>

const none = Object.fromEntries(mappedFields.map((field) => [field, []])) as unknown as Record<MappedField, string[]>

/** What each kind calls its things; an administrator changes any of it. */
export const directoryDefaults: Readonly<Record<DirectoryKind, Pick<DirectorySettings, 'userFilter' | 'groupFilter' | 'anchor' | 'mapping'>>> = {
  'active-directory': {
    userFilter: '(&(objectCategory=person)(objectClass=user)(!(objectClass=computer))(!(isCriticalSystemObject=TRUE)))', groupFilter: '(objectClass=group)', anchor: 'objectGUID',
    mapping: {
      ...none, email: ['mail', 'userPrincipalName'], givenName: ['givenName'], familyName: ['sn'], displayName: ['displayName', 'cn'], phone: ['telephoneNumber'], mobile: ['mobile'],
      homePhone: ['homePhone'], locale: ['preferredLanguage'], upn: ['userPrincipalName'], otherEmails: ['proxyAddresses'], title: ['title'], department: ['department'], company: ['company'],
      employeeNumber: ['employeeID', 'employeeNumber'], office: ['physicalDeliveryOfficeName'], manager: ['manager'], photo: ['thumbnailPhoto'],
    },
  },
  openldap: {
    userFilter: '(objectClass=inetOrgPerson)', groupFilter: '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames))', anchor: 'entryUUID',
    mapping: {
      ...none, email: ['mail'], givenName: ['givenName'], familyName: ['sn'], displayName: ['displayName', 'cn'], phone: ['telephoneNumber'], mobile: ['mobile'], homePhone: ['homePhone'],
      locale: ['preferredLanguage'], otherEmails: ['mail'], title: ['title'], department: ['departmentNumber', 'ou'], company: ['o'], employeeNumber: ['employeeNumber'],
      office: ['physicalDeliveryOfficeName', 'roomNumber'], manager: ['manager'], photo: ['jpegPhoto'],
    },
  },
  generic: {
    userFilter: '(objectClass=person)', groupFilter: '(objectClass=groupOfNames)', anchor: 'entryUUID',
    mapping: { ...none, email: ['mail'], givenName: ['givenName'], familyName: ['sn'], displayName: ['cn'], phone: ['telephoneNumber'], mobile: ['mobile'], manager: ['manager'] },
  },
}

/** Settings as stored, with today's defaults for what is not there. */
export function parseDirectorySettings(value: unknown): DirectorySettings {
  return directorySettings.parse(value)
}
