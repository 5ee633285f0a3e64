import type { AttributeRule } from './saml-settings.ts'

const claims = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'

/** What applications call the facts that we know, in the vocabularies of LDAP (X.500 profile), eduPerson and claims. Names are compared in lower case. */
const expressions: Readonly<Record<string, string>> = {
  'urn:oid:0.9.2342.19200300.100.1.3': 'email', 'urn:oid:2.5.4.42': 'given_name', 'urn:oid:2.5.4.4': 'family_name', 'urn:oid:2.16.840.1.113730.3.1.241': 'name', 'urn:oid:2.5.4.3': 'name',
  'urn:oid:0.9.2342.19200300.100.1.1': 'before_at(email)', 'urn:oid:2.5.4.20': 'phone', 'urn:oid:2.16.840.1.113730.3.1.39': 'locale', 'urn:oid:1.3.6.1.4.1.5923.1.1.1.6': 'email',
  'urn:oid:1.3.6.1.4.1.5923.1.5.1.1': 'groups', 'urn:oasis:names:tc:saml:attribute:subject-id': 'join(user_id, "@", after_at(email))',
  [`${claims}/emailaddress`]: 'email', [`${claims}/givenname`]: 'given_name', [`${claims}/surname`]: 'family_name', [`${claims}/name`]: 'name', [`${claims}/upn`]: 'first_of(upn, email)',
  'http://schemas.microsoft.com/ws/2008/06/identity/claims/role': 'groups', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups': 'groups', 'http://schemas.xmlsoap.org/claims/group': 'groups',
  email: 'email', emailaddress: 'email', mail: 'email', firstname: 'given_name', first_name: 'given_name', givenname: 'given_name', lastname: 'family_name', last_name: 'family_name', surname: 'family_name', sn: 'family_name',
  displayname: 'name', display_name: 'name', name: 'name', cn: 'name', fullname: 'name', username: 'before_at(email)', uid: 'before_at(email)', telephonenumber: 'phone', phone: 'phone',
  preferredlanguage: 'locale', groups: 'groups', group: 'groups', memberof: 'groups', ismemberof: 'groups', roles: 'groups',
}

/** The rule for an attribute that an application asks for, or undefined where its name says nothing to us. */
export function knownAttribute(name: string, friendlyName: string | null): AttributeRule | undefined {
  const expression = lookUp(name) ?? (friendlyName === null ? undefined : lookUp(friendlyName))
  return expression === undefined ? undefined : { name, friendlyName, expression }
}

/** The name comes from a stranger's document: it must not find what every object has. */
function lookUp(name: string): string | undefined {
  const key = name.toLowerCase()
  return Object.hasOwn(expressions, key) ? expressions[key] : undefined
}
