/** An attribute with the characteristics of RFC 7643 §2.2, in the very form in which /Schemas tells them (§7). */
export interface Attribute {
  readonly name: string
  readonly type: 'string' | 'boolean' | 'dateTime' | 'reference' | 'complex'
  readonly multiValued: boolean
  readonly description: string
  readonly required: boolean
  readonly caseExact: boolean
  readonly mutability: 'readWrite' | 'readOnly' | 'immutable'
  readonly returned: 'always' | 'default' | 'request'
  readonly uniqueness: 'none' | 'server'
  readonly canonicalValues?: readonly string[]
  readonly referenceTypes?: readonly string[]
  readonly subAttributes?: readonly Attribute[]
}

export interface Schema { readonly id: string; readonly name: string; readonly description: string; readonly attributes: readonly Attribute[] }

export interface ResourceKind {
  readonly kind: 'user' | 'group'
  readonly name: 'User' | 'Group'
  readonly endpoint: '/Users' | '/Groups'
  readonly description: string
  readonly schema: Schema
  readonly extensions: readonly Schema[]
}

type More = Partial<Omit<Attribute, 'name' | 'description'>>

const attribute = (name: string, description: string, more: More = {}): Attribute => ({
  name, type: 'string', multiValued: false, description, required: false, caseExact: false, mutability: 'readWrite', returned: 'default', uniqueness: 'none', ...more,
})
const complex = (name: string, description: string, subAttributes: readonly Attribute[], more: More = {}): Attribute => attribute(name, description, { type: 'complex', ...more, subAttributes })
const readOnly: More = { mutability: 'readOnly' }
const reference = (name: string, description: string, referenceTypes: readonly string[], more: More = {}): Attribute => attribute(name, description, { type: 'reference', caseExact: true, referenceTypes, ...more })
const primary = attribute('primary', 'Whether this is the preferred value; true for one value at most.', { type: 'boolean' })
const display = attribute('display', 'A name for people to read.')
const typeOf = (canonicalValues: readonly string[]): Attribute => attribute('type', 'What the value is for.', { canonicalValues })

const userSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User', name: 'User', description: 'A person',
  attributes: [
    attribute('userName', 'What the person is called by the directory, such as a user principal name; unique in the organization.', { required: true, uniqueness: 'server' }),
    complex('name', 'The parts of the name.', [
      attribute('formatted', 'The whole name as it is shown.'), attribute('familyName', 'The family name.'), attribute('givenName', 'The given name.'),
      attribute('middleName', 'The middle names.'), attribute('honorificPrefix', 'A title before the name.'), attribute('honorificSuffix', 'A title behind the name.'),
    ]),
    attribute('displayName', 'The name to show.'), attribute('nickName', 'What the person is called by friends.'),
    reference('profileUrl', 'A page about the person.', ['external']), attribute('title', 'The position in the organization.'), attribute('userType', 'How the person belongs to the organization, such as employee.'),
    attribute('preferredLanguage', 'The language for texts, such as de or en-GB.'), attribute('locale', 'Whose way of writing dates and numbers is used.'), attribute('timezone', 'The time zone, such as Europe/Berlin.'),
    attribute('active', 'False locks the person out at once.', { type: 'boolean' }),
    complex('emails', 'Mail addresses. The primary one, or else the one of the type work, is where letters go.', [attribute('value', 'The address.'), display, typeOf(['work', 'home', 'other']), primary], { multiValued: true }),
    complex('phoneNumbers', 'Telephone numbers.', [attribute('value', 'The number.'), display, typeOf(['work', 'home', 'mobile', 'fax', 'pager', 'other']), primary], { multiValued: true }),
    complex('addresses', 'Postal addresses.', [
      attribute('formatted', 'The whole address as it is shown.'), attribute('streetAddress', 'Street and number.'), attribute('locality', 'The town.'), attribute('region', 'The region.'),
      attribute('postalCode', 'The postal code.'), attribute('country', 'The country.'), typeOf(['work', 'home', 'other']), primary,
    ], { multiValued: true }),
    complex('groups', 'The groups of the person; changed through the groups.', [
      attribute('value', 'The id of the group.', { ...readOnly, caseExact: true }), reference('$ref', 'The address of the group.', ['Group'], readOnly), attribute('display', 'The name of the group.', readOnly),
      attribute('type', 'How the person belongs to it.', { ...readOnly, canonicalValues: ['direct'] }),
    ], { multiValued: true, ...readOnly }),
  ],
}

const enterpriseSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', name: 'EnterpriseUser', description: 'A person in an organization',
  attributes: [
    attribute('employeeNumber', 'The number that the organization gave.'), attribute('costCenter', 'The cost center.'), attribute('organization', 'The organization.'),
    attribute('division', 'The division.'), attribute('department', 'The department.'),
    complex('manager', 'Who leads the person.', [attribute('value', 'The id of the manager.', { caseExact: true }), reference('$ref', 'The address of the manager.', ['User']), attribute('displayName', 'The name of the manager.', readOnly)]),
  ],
}

const groupSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group', name: 'Group', description: 'A group of people',
  attributes: [
    attribute('displayName', 'The name; unique in the organization.', { required: true, uniqueness: 'server' }),
    complex('members', 'The people in the group. Groups in groups are not taken.', [
      attribute('value', 'The id of the person.', { mutability: 'immutable', caseExact: true }), reference('$ref', 'The address of the person.', ['User'], { mutability: 'immutable' }),
      attribute('type', 'What the member is.', { mutability: 'immutable', canonicalValues: ['User'] }), attribute('display', 'The name of the person.', readOnly),
    ], { multiValued: true }),
  ],
}

/** What every resource has (RFC 7643 §3.1); /Schemas does not list these. */
const common: readonly Attribute[] = [
  attribute('schemas', 'The schemas of the resource.', { type: 'reference', multiValued: true, caseExact: true, mutability: 'readOnly', returned: 'always' }),
  attribute('id', 'The id that was given here.', { ...readOnly, caseExact: true, returned: 'always', uniqueness: 'server' }),
  attribute('externalId', 'The id that the other side knows.', { caseExact: true }),
  complex('meta', 'About the resource.', [
    attribute('resourceType', 'User or Group.', { ...readOnly, caseExact: true }), attribute('created', 'When it was made.', { ...readOnly, type: 'dateTime' }),
    attribute('lastModified', 'When it was last changed.', { ...readOnly, type: 'dateTime' }), reference('location', 'Its address.', ['uri'], readOnly), attribute('version', 'Its ETag.', { ...readOnly, caseExact: true }),
  ], readOnly),
]

export const userKind: ResourceKind = { kind: 'user', name: 'User', endpoint: '/Users', description: 'People', schema: userSchema, extensions: [enterpriseSchema] }
export const groupKind: ResourceKind = { kind: 'group', name: 'Group', endpoint: '/Groups', description: 'Groups of people', schema: groupSchema, extensions: [] }
export const schemas: readonly Schema[] = [userSchema, enterpriseSchema, groupSchema]
export const enterprise = enterpriseSchema.id

/** Where a value stands: in an extension or not, and in which part of a complex attribute. */
export interface AttributePath { readonly extension: string | undefined; readonly attribute: Attribute; readonly sub: Attribute | undefined }

/** Names are compared without regard to case (RFC 7643 §2.1). */
export function named(attributes: readonly Attribute[] | undefined, name: string): Attribute | undefined {
  const wanted = name.toLowerCase()
  return attributes?.find((one) => one.name.toLowerCase() === wanted)
}

export function attributesOf({ schema }: ResourceKind): readonly Attribute[] {
  return [...common, ...schema.attributes]
}

/** `emails.value`, `urn:…:User:userName`, `urn:…:enterprise:2.0:User:manager.value`; nothing for a name that is not in the schemas. */
export function resolvePath(kind: ResourceKind, text: string): AttributePath | undefined {
  const lower = text.toLowerCase()
  const schema = [kind.schema, ...kind.extensions].find(({ id }) => lower.startsWith(`${id.toLowerCase()}:`))
  const [name = '', subName, more] = (schema ? text.slice(schema.id.length + 1) : text).split('.')
  const extension = schema && schema !== kind.schema ? schema : undefined
  const found = named(extension?.attributes ?? attributesOf(kind), name)
  const sub = subName === undefined ? undefined : named(found?.subAttributes, subName)
  if (!found || more !== undefined || (subName !== undefined && !sub)) return undefined
  return { extension: extension?.id, attribute: found, sub }
}
