import { defaultOidcSettings, type Application } from '../../../src/applications/index.ts'
import type { Views } from '../../../src/http/index.ts'
import { noErrors, valuesOf } from '../../../src/panels/admin/application-form.ts'
import { applicationKinds } from '../../../src/panels/admin/application-kind.ts'
import { connectOf, toFormPage } from '../../../src/panels/admin/application-view.ts'
import type { Connect } from '../../../src/panels/admin/index.ts'
import type { ApplicationId, OrganizationId } from '../../../src/storage/index.ts'

type Applications = 'admin/applications' | 'admin/application-kinds' | 'admin/application-form' | 'admin/application' | 'admin/application-secret' | 'admin/application-secret-new' | 'admin/application-secret-removal' | 'admin/application-removal'

const at = Date.UTC(2026, 10, 24, 9, 30)
const payroll: Application = {
  id: 'payroll' as ApplicationId, organizationId: 'engines' as OrganizationId, protocol: 'oidc', clientId: 'payroll', name: 'Payroll', description: 'Salaries and payslips', launchUrl: 'https://payroll.example.com/',
  hasIcon: true, access: 'assigned', trusted: true, enabled: true, requiredAssurance: 'phr', createdAt: at, updatedAt: at, saml: null, wsfed: null,
  oidc: { ...defaultOidcSettings('web'), redirectUris: ['https://payroll.example.com/callback'], refreshTokens: true, backchannelLogoutUri: 'https://payroll.example.com/logout' },
}
const connect = connectOf(payroll, 'https://id.example.com') as Connect
const assignments = [{ kind: 'group', id: 'finance', name: 'Finance' }, { kind: 'user', id: 'grace', name: 'grace@example.com' }] as const
const row = { description: '', icon: null, everyone: true, service: false, enabled: true }

/** One of each page about applications, with everything on it that can be. */
export const adminApplicationsExamples: { readonly [N in Applications]: Views[N] } = {
  'admin/applications': {
    rows: [
      { ...row, id: 'export', name: 'Nightly export', kindKey: 'admin.applications.kind.service', letter: 'N', service: true },
      { ...row, id: 'payroll', name: 'Payroll', kindKey: 'admin.applications.kind.web', description: 'Salaries and payslips', icon: '/apps/payroll/icon?v=1', letter: 'P', everyone: false },
      { ...row, id: 'wiki', name: 'Wiki', kindKey: 'admin.applications.kind.public', letter: 'W', enabled: false },
    ],
    text: 'i', total: 240, left: 12, mayWrite: true,
  },
  'admin/application-kinds': { kinds: applicationKinds.map((kind) => ({ kind, titleKey: `admin.applications.kind.${kind}`, textKey: `admin.applications.kind_text.${kind}` })) },
  'admin/application-form': toFormPage('web', payroll, {
    values: { ...valuesOf('web', payroll), redirectUris: 'https://payroll.example.com/callback\nhttp://payroll.example.com/', accessTokenMinutes: '0' }, oidc: null,
    errors: { ...noErrors, icon: 'picture.error.type', redirect_uris: 'admin.applications.error.addresses', access_token_minutes: 'admin.applications.error.minutes' },
    lines: { redirect_uris: [{ line: 2, text: 'http://payroll.example.com/', key: 'admin.applications.uri.https' }], post_logout_redirect_uris: [] },
  }),
  'admin/application': {
    id: 'payroll', name: 'Payroll', description: 'Salaries and payslips', kindKey: 'admin.applications.kind.web', icon: '/apps/payroll/icon?v=1', letter: 'P', enabled: false, mayWrite: true, settings: true,
    launchUrl: 'https://payroll.example.com/', requiredKey: 'admin.applications.assurance.phr', trusted: true, asksConsent: true, clientId: 'payroll', protocol: 'oidc', federation: null, redirectUris: ['https://payroll.example.com/callback'], connect, noSecret: false,
    secrets: [
      { id: 'new', hint: 'x7Qa…', createdAt: at, expiresAt: null, ended: false }, { id: 'old', hint: 'b-P0…', createdAt: at - 86_400_000, expiresAt: at + 86_400_000, ended: false },
      { id: 'older', hint: 'Lk9_…', createdAt: at - 172_800_000, expiresAt: at - 86_400_000, ended: true },
    ],
    access: { everyone: false, assigned: true, people: 10, assignments, groups: [{ value: 'engineering', text: 'Engineering', selected: false, labelKey: null }], email: 'nobody@example.com' },
    errors: { email: 'admin.applications.error.person' }, hasErrors: true,
  },
  'admin/application-secret': { id: 'payroll', name: 'Payroll', isNew: true, secret: 'kJ3vXq0eT5mY8rW1zB6nC9uL2pS4dF7hG0aI-oE_xQw', connect },
  'admin/application-secret-new': {
    id: 'payroll', name: 'Payroll', existing: 2, overlaps: ['24', '0', '1', '168'].map((hours) => ({ value: hours, selected: hours === '24', text: null, labelKey: `admin.applications.overlap.${hours}` })),
  },
  'admin/application-secret-removal': { id: 'payroll', name: 'Payroll', secretId: 'new', hint: 'x7Qa…', last: true },
  'admin/application-removal': { id: 'payroll', name: 'Payroll', service: false, everyone: false, people: 10, assignments, more: 3 },
}
