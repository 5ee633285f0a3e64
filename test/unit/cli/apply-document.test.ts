import { describe, expect, it } from 'vitest'
import { readApplyDocument } from '../../../src/cli/apply/index.ts'

const problemOf = (text: string): string => {
  try {
    readApplyDocument(text, 'org.yaml')
  } catch (error) {
    return (error as Error).message
  }
  return ''
}
const application = (inner: string): string => `organizations:\n- name: Wiki\n  applications:\n  - ${inner.replaceAll('\n', '\n    ')}\n`

describe('the document of apply', () => {
  it('names every problem with its line and place, all at once', () => {
    expect(problemOf('organizations:\n- name: Wiki\n  groups:\n  - nam: Staff\n  users:\n  - email: ada\n    role: boss\n')).toBe([
      'org.yaml has 4 problems; nothing was changed',
      '  line 4   organizations.0.groups.0.name   is missing',
      '  line 4   organizations.0.groups.0        nam does not belong here; did you mean name?',
      '  line 6   organizations.0.users.0.email   must be an email address like name@example.com',
      '  line 7   organizations.0.users.0.role    must be one of user, helpdesk, administrator, owner',
    ].join('\n'))
  })

  it.each([
    ['', /line 1 +the file +must be a section/],
    ['organizations: []', /must have at least one entry/],
    ['organizations: 7', /organizations +must be a list/],
    ['organization: [{ name: Wiki }]', /organization does not belong here; did you mean organizations\?/],
    ['organizations:\n - name: a\n  b', /is not valid YAML\n {2}line 3/],
    ['organizations: [{ name: W, name: X }]', /is not valid YAML\n {2}line 1 +Map keys must be unique/],
    ['organizations: [{ name: "" }]', /must be a name of at most 100 characters/],
    ['organizations: [{ name: "a\\u202eb" }]', /must be a name of at most 100 characters/],
    ['organizations: [{ name: W, slug: "A b" }]', /must be lower case letters, digits and dashes/],
    ['organizations: [{ name: W, hue: 360 }]', /hue +must be at most 359/],
    ['organizations: [{ name: W, settings: { idleMinutes: 1 } }]', /idleMinutes +must be at least 5/],
    ['organizations: [{ name: W, settings: { emailCode: yes please } }]', /emailCode +must be true or false/],
    ['organizations: [{ name: W }, { name: W }]', /organizations\.1\.name +is in this file twice/],
    ['organizations: [{ name: W, slug: w }, { name: X, slug: w }]', /organizations\.1\.slug +is in this file twice/],
    ['organizations: [{ name: W, groups: [{ name: Staff }, { name: STAFF }] }]', /groups\.1\.name +is in this file twice/],
    ['organizations: [{ name: W, users: [{ email: a@b.de }] }, { name: X, users: [{ email: A@B.de }] }]', /organizations\.1\.users\.0\.email +is in this file twice/],
  ])('refuses %j', (text, message) => { expect(problemOf(text)).toMatch(message) })

  it.each([
    ['name: A\nkind: web\nredirectUris: ["http://wiki.example/cb"]', /redirectUris\.0 +must start with https:\/\//],
    ['name: A\nkind: web\nredirectUris: ["https://*.wiki.example/cb"]', /redirectUris\.0 +must not contain placeholders/],
    ['name: A\nkind: web\nredirectUris: ["https://wiki.example/cb#x"]', /redirectUris\.0 +must not contain #/],
    ['name: A\nkind: web\nredirectUris: ["com.example.app:/cb"]', /redirectUris\.0 +must start with https:\/\/ \(a public/],
    ['name: A\nkind: web\nbackchannelLogoutUri: "javascript:alert(1)"', /backchannelLogoutUri +must start with https/],
    ['name: A\nkind: web\nsecret: hunter2hunter2hunter2hunter2hunter2', /secret +must be env:NAME or file:path; secrets themselves do not belong in this file/],
    ['name: A\nkind: web\nauthMethod: none', /authMethod +must not be none for a web application/],
    ['name: A\nkind: public\nauthMethod: client_secret_basic', /authMethod +must be none for a public application/],
    ['name: A\nkind: public\nsecret: env:X', /secret +does not fit to a public application/],
    ['name: A\nkind: service\nauthMethod: private_key_jwt\njwksUri: https://a.example/jwks\nsecret: env:X', /secret +does not fit to private_key_jwt/],
    ['name: A\nkind: service\nredirectUris: ["https://a.example/cb"]', /redirectUris +does not fit to a service/],
    ['name: A\nkind: link', /launchUrl +is missing: it is where a link leads/],
    ['name: A\nkind: link\nlaunchUrl: https://a.example/\nclientId: abc', /clientId +does not fit to a link/],
    ['name: A\nkind: app', /kind +must be one of web, public, service, saml, wsfed, link/],
    ['name: A\nkind: web\naccess: nobody', /access +must be "everyone", or a section with groups and users/],
    ['name: A\nkind: web\nredirectUri: https://a.example/cb', /redirectUri does not belong here; did you mean redirectUris\?/],
    ['name: A\nkind: web\nclientId: a\n', /clientId +must have 3 to 100 letters/],
    ['name: A\nkind: saml', /entityId +is missing: the name by which/],
    ['name: A\nkind: saml\nentityId: urn:a\nclientId: abc', /clientId +does not fit to saml: say entityId instead/],
    ['name: A\nkind: saml\nentityId: "urn: a"', /entityId +must have 3 to 1024 printable characters/],
    ['name: A\nkind: saml\nentityId: urn:a\nacsUrls: ["http://sp.example/acs"]', /acsUrls\.0 +must start with https/],
    ['name: A\nkind: saml\nentityId: urn:a\nmetadata: metadata.xml', /metadata +must be file:path/],
    ['name: A\nkind: saml\nentityId: urn:a\nredirectUris: ["https://sp.example/"]', /redirectUris +does not fit to an application of kind saml/],
    ['name: A\nkind: saml\nentityId: urn:a\nattributes: [{ name: mail, expression: size(email) }]', /attributes\.0\.expression +is no expression: it cannot be read from "size\(email/],
    ['name: A\nkind: saml\nentityId: urn:a\nattributes: [{ name: mail, expression: email }, { name: mail, expression: phone }]', /attributes\.1\.name +is in this list twice/],
    ['name: A\nkind: wsfed', /realm +is missing: the name \(wtrealm\)/],
    ['name: A\nkind: wsfed\nrealm: urn:a\nreplyUrls: ["javascript:alert(1)"]', /replyUrls\.0 +must start with https/],
    ['name: A\nkind: wsfed\nrealm: urn:a\nentityId: urn:b', /entityId +does not fit to an application of kind wsfed/],
    ['name: A\nkind: wsfed\nrealm: urn:a\nnameIdFormat: transient', /nameIdFormat +must be one of persistent, email, unspecified/],
    ['name: A\nkind: wsfed\nrealm: urn:a\ntokenMinutes: 61', /tokenMinutes +must be at most 60/],
    ['name: A\nkind: web\nacsUrls: ["https://a.example/"]', /acsUrls +fits to applications of kind saml or wsfed only/],
    ['name: A\nkind: web\n- x', /is not valid YAML/],
  ])('refuses the application %j', (inner, message) => {
    const problem = problemOf(application(inner))
    expect(problem).toMatch(message)
    expect(problem).not.toContain('hunter2')
  })

  it('takes http on localhost, and a private scheme for a public application', () => {
    expect(readApplyDocument(application('name: " A  b "\nkind: public\nredirectUris: ["com.example.app:/cb", "http://127.0.0.1:4000/cb"]'), 'x').organizations[0]?.applications?.[0]?.name).toBe('A b')
  })

  it('does not follow a file that unfolds without end', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', ...'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join(', ')}]`)].join('\n')
    expect(problemOf(bomb)).toMatch(/^org\.yaml cannot be read: Excessive alias count/)
  })
})
