import { describe, expect, it } from 'vitest'
import { chooseContext, trueContext, type ChosenContext, type RequestedContext } from '../../../../src/protocols/saml/authn-context.ts'

const classes = 'urn:oasis:names:tc:SAML:2.0:ac:classes:'
const [password, kerberos, mfa, microsoft] = [`${classes}PasswordProtectedTransport`, `${classes}Kerberos`, 'https://refeds.org/profile/mfa', 'http://schemas.microsoft.com/claims/multipleauthn']
const multi = 'urn:doorward:acr:multi'

describe('a requested authentication context', () => {
  it.each<[RequestedContext['comparison'], readonly string[], ChosenContext | undefined]>([
    ['exact', [password], { name: password, assurance: null }], ['exact', [mfa], { name: mfa, assurance: multi }], ['exact', [microsoft], { name: microsoft, assurance: multi }], ['exact', ['phrh'], { name: 'phrh', assurance: 'phrh' }],
    // The first that can be had: the list is in the order of wishes.
    ['exact', [kerberos, mfa, password], { name: mfa, assurance: multi }], ['exact', [password, mfa], { name: password, assurance: null }], ['exact', [kerberos], undefined], ['exact', [], undefined],
    ['minimum', [password], { name: null, assurance: null }], ['minimum', [mfa], { name: null, assurance: multi }], ['minimum', [kerberos, mfa], { name: null, assurance: multi }], ['minimum', [kerberos], undefined],
    ['better', [password], { name: null, assurance: 'urn:doorward:acr:code' }], ['better', [mfa], { name: null, assurance: 'phr' }], ['better', ['phrh'], undefined],
    ['maximum', [password, mfa], { name: mfa, assurance: multi }], ['maximum', [kerberos], undefined],
  ])('SEC-19 %s %j', (comparison, asked, chosen) => {
    expect(chooseContext({ comparison, classes: asked })).toEqual(chosen)
  })

  it.each([
    ['urn:doorward:acr:code', false, `${classes}unspecified`], ['urn:doorward:acr:code', true, password], [multi, false, mfa], [multi, true, microsoft], ['phr', true, microsoft], ['phrh', false, mfa],
  ] as const)('SEC-31 %s is told as what it is (Microsoft: %s)', (assurance, isMicrosoft, name) => {
    expect(trueContext(assurance, isMicrosoft)).toBe(name)
  })
})
