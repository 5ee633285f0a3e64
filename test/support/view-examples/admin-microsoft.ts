import type { Views } from '../../../src/http/index.ts'

type Pages = Exclude<Extract<keyof Views, `admin/microsoft${string}`>, `admin/microsoft-keys${string}` | 'admin/microsoft-consent' | 'admin/microsoft-pass'>

const at = Date.UTC(2026, 10, 24, 9, 30)
const later = Date.UTC(2029, 10, 23)
const head = { id: 'd0ma1n', domain: 'corp.example' }
const certificate = 'MIIDMzCCAhugAwIBAgIQAWJ4rOQ1cVv8Qx3mZqYQJzANBgkqhkiG9w0BAQsFADAbMRkwFwYDVQQDExBEb29yd2FyZCBzaWduaW5n'
const request = { id: 'request-1', text: `POST https://graph.microsoft.com/v1.0/domains/corp.example/federationConfiguration\nContent-Type: application/json\n\n{\n  "displayName": "corp.example",\n  "signingCertificate": "${certificate}"\n}` }
const script = `Connect-MgGraph -Scopes "Domain-InternalFederation.ReadWrite.All"\n$parameters = @{\n  SigningCertificate = '${certificate}'\n}\nNew-MgDomainFederationConfiguration -DomainId 'corp.example' @parameters`
const stop = { tone: 'bad', severityKey: 'microsoft.severity.stops', textKey: 'microsoft.finding.immutable_id_different.text', fixKey: 'microsoft.finding.immutable_id_different.fix', count: 7, examples: ['ann@corp.example', 'bob@corp.example'], more: true } as const
const findings = [
  stop,
  { tone: 'warn', severityKey: 'microsoft.severity.warns', textKey: 'microsoft.finding.strengths_demanded.text', fixKey: 'microsoft.finding.strengths_demanded.fix', count: 1, examples: ['Administrators <need> keys'], more: false },
  { tone: 'plain', severityKey: 'microsoft.severity.unknown', textKey: 'microsoft.finding.clock_unknown.text', fixKey: 'microsoft.finding.clock_unknown.fix', count: 0, examples: [], more: false },
  { tone: 'good', severityKey: 'microsoft.severity.fine', textKey: 'microsoft.finding.certificate_good.text', fixKey: null, count: 1_094, examples: [], more: false },
] as const
const differences = [
  { field: 'signingCertificate', wanted: certificate, actual: 'MIIEvil', grave: true }, { field: 'displayName', wanted: 'corp.example', actual: 'Corp "old"', grave: false },
]
const problems = [{ field: 'passiveSignInUri', problemKey: 'microsoft.problem.not_https' }]
const clouds = [{ value: 'public', selected: false, text: null, labelKey: 'microsoft.cloud.public' }, { value: 'custom', selected: true, text: null, labelKey: 'microsoft.cloud.custom' }]
const behaviors = [{ value: 'acceptIfMfaDoneByFederatedIdp', selected: true, text: null, labelKey: 'microsoft.behavior.acceptIfMfaDoneByFederatedIdp' }]
const step = (name: string, done: boolean) => ({ titleKey: `microsoft.step.${name}`, textKey: `microsoft.step.${name}_text`, href: `/admin/microsoft365/d0ma1n/${name}`, done })

/** One of each page of Microsoft 365, with everything on it that can be. */
export const adminMicrosoftExamples: { readonly [N in Pages]: Views[N] } = {
  'admin/microsoft': {
    mayWrite: true,
    alerts: [
      { key: 'alert.microsoft.drift', domain: 'corp.example', fields: 'signingCertificate', reason: '', days: '', grave: true, raisedAt: at, href: '/admin/microsoft365/d0ma1n/check' },
      { key: 'alert.microsoft.certificate', domain: 'lab.example', fields: '', reason: '', days: '14', grave: false, raisedAt: at, href: '/admin/microsoft365/lab/certificate' },
    ],
    domains: [{ ...head, protocolKey: 'microsoft.protocol.saml', on: true, certificateUntil: later }, { id: 'lab', domain: 'lab.example', protocolKey: 'microsoft.protocol.wsfed', on: false, certificateUntil: later }],
  },
  'admin/microsoft-protocol': { protocol: 'saml' },
  'admin/microsoft-domain-new': { protocol: 'saml', protocolKey: 'microsoft.protocol.saml', domain: 'corp.onmicrosoft.com', clouds, loginHost: 'login.example', graphHost: '', errors: { domain: 'microsoft.error.domain', login_host: 'microsoft.error.login_host', graph_host: null }, hasErrors: true },
  'admin/microsoft-domain': {
    ...head, alerts: [{ key: 'alert.microsoft.drift', domain: 'corp.example', fields: 'signingCertificate', reason: '', days: '', grave: true, raisedAt: at, href: '/admin/microsoft365/d0ma1n/check' }], mayWrite: true, on: true, applicationOff: true, protocolKey: 'microsoft.protocol.saml', steps: [step('preflight', true), step('plan', true), step('apply', true), step('check', false), step('undo', false)],
    facts: [{ labelKey: 'microsoft.fact.issuer', id: 'issuer', value: 'https://id.corp.example/fed/0123456789abcdef0123' }, { labelKey: 'microsoft.fact.fingerprint', id: 'fingerprint', value: Array.from({ length: 32 }, () => 'A1').join(':') }],
    certificateUntil: later, nextCertificate: true, lastSeenAt: at, guardOn: true, autopilotOn: false, connectedUntil: at, removable: false, tryHref: 'https://login.microsoftonline.com/?whr=corp.example',
  },
  'admin/microsoft-settings': {
    ...head, protocol: 'saml', displayName: 'Corp', behaviors, alwaysMfa: true, wsTrust: false, signedRequests: true, requestCertificates: '', tenantId: '', clientId: 'x y', certificateCredential: true, guard: true, autopilot: true,
    credential: { labelKey: 'microsoft.fact.credential', id: 'credential', value: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----` }, credentialUntil: later, clouds, loginHost: 'https://login.example', graphHost: 'https://graph.example',
    errors: { display_name: null, request_certificates: 'microsoft.problem.signed_requests_without_certificates', tenant_id: 'microsoft.error.id_needed', client_id: 'microsoft.error.id', login_host: null, graph_host: null }, hasErrors: true,
  },
  'admin/microsoft-connection': {
    ...head, purposeKey: 'microsoft.connection.for_write', goal: 'apply', back: '/admin/microsoft365/d0ma1n', offlineHref: null, code: { userCode: 'ABCD1234', verificationUri: 'https://microsoft.com/devicelogin', expiresAt: at }, problemKey: 'microsoft.connection.refused', said: 'AADSTS50059: no tenant',
  },
  'admin/microsoft-refused': { ...head, causeKey: 'microsoft.graph.denied.cause', fixKey: 'microsoft.graph.denied.fix', said: 'Graph answered 403 Authorization_RequestDenied: Insufficient privileges', requestId: '9f8e7d6c-aaaa-bbbb-cccc-ddddeeeeffff' },
  'admin/microsoft-preflight': { ...head, asked: true, stopped: true, findings },
  'admin/microsoft-plan': { ...head, asked: false, kindKey: 'microsoft.plan.update', differences, problems, requests: [request], apply: script, verify: script, undo: script, on: false, mayWrite: true },
  'admin/microsoft-apply': { ...head, kindKey: 'microsoft.plan.create', problems, findings: [stop], requests: [request], reasonKey: 'microsoft.not_possible.default', errors: { anyway: 'microsoft.error.anyway' }, hasErrors: true },
  'admin/microsoft-check': { ...head, outcomeKey: 'microsoft.check.differs', tone: 'bad', differences, tryHref: 'https://login.microsoftonline.com/?whr=corp.example' },
  'admin/microsoft-undo': { ...head, backup: { savedAt: at, managed: false, issuer: 'http://adfs.corp.example/adfs/services/trust' }, requests: [{ ...request, text: 'PATCH https://graph.microsoft.com/v1.0/domains/corp.example' }], script },
  'admin/microsoft-certificate': {
    ...head, mayWrite: true, certificates: ['active', 'upcoming', 'retiring'].map((state) => ({ stateKey: `microsoft.certificate.${state}`, fingerprint: Array.from({ length: 32 }, () => 'A1').join(':'), until: later, signs: state === 'active' })),
    steps: ['publish', 'push_next', 'note_seen', 'switch', 'push_current'].map((name, index) => ({ key: `microsoft.certificate_step.${name}`, at: at + index * 86_400_000 })),
  },
  'admin/microsoft-identities': {
    mayWrite: true, text: 'ann', without: false, domains: [head], fillable: 12, pager: { first: '/admin/microsoft365/identities', next: '/admin/microsoft365/identities?after=x' },
    rows: [
      { userId: 'ann', name: 'Ann A', email: 'ann@corp.example', upn: 'ann@corp.example', immutableId: '9f2c7b1e40d84f0d8a55b7d0c6b1e2aa', outside: false },
      { userId: 'bob', name: 'Bob <B>', email: 'bob@corp.example', upn: 'bob@elsewhere.example', immutableId: '+/+/AAAAAAAAAAAAAAAAAA==', outside: true },
      { userId: 'eve', name: 'Eve', email: 'eve@mail.example', upn: null, immutableId: null, outside: false },
    ],
  },
  'admin/microsoft-identity': { userId: 'ann', name: 'Ann A', email: 'ann@corp.example', upn: 'ann@corp.example', immutableId: 'other', before: '9f2c7b1e40d84f0d8a55b7d0c6b1e2aa', change: false, setUpKey: 'microsoft.set_up.open', setUpDone: false, errors: { upn: null, immutable_id: null, change: 'microsoft.error.would_change' }, hasErrors: true },
  'admin/microsoft-import': { table: 'ann', errors: { table: 'microsoft.error.import_columns' }, hasErrors: true },
  'admin/microsoft-import-plan': {
    table: 'upn,immutableId', from: null, action: '/admin/microsoft365/identities/import/done', nothing: false, counts: [{ labelKey: 'microsoft.verdict.new', value: 1_200 }, { labelKey: 'microsoft.verdict.would_change', value: 1 }],
    lines: [
      { line: 2, name: 'Ann A', upn: 'ann@corp.example', immutableId: 'q83vEjRWeJCrze8SNFZ4kA==', before: '9f2c7b1e40d84f0d8a55b7d0c6b1e2aa', verdictKey: 'microsoft.verdict.would_change', tone: 'bad', changeId: 'ann' },
      { line: null, name: null, upn: 'eve@corp.example', immutableId: 'x', before: null, verdictKey: 'microsoft.verdict.no_person', tone: 'plain', changeId: null },
    ],
  },
  'admin/microsoft-explain': {
    pasted: 'AADSTS50107 <b>', asked: true, explanations: [{ code: 'AADSTS50107', causeKey: 'microsoft.code.issuer_unknown.cause', fixKey: 'microsoft.code.issuer_unknown.fix' }, { code: 'AADSTS99999', causeKey: null, fixKey: null }],
    correlationId: '9f8e7d6c-aaaa-bbbb-cccc-ddddeeeeffff', requestId: null, timestamp: '2026-11-24 09:15:02Z',
  },
  'admin/microsoft-windows': {
    settings: [{ id: 'setting-1', name: 'Configure Web Sign In Allowed Urls', omaUri: './Device/Vendor/MSFT/Policy/Config/Authentication/ConfigureWebSignInAllowedUrls', type: 'String', value: 'id.corp.example' }],
    package: [{ path: 'Policies/Authentication/EnableWebSignIn', value: 'Enabled' }], hosts: ['id.corp.example', 'cdn.example'], one: false,
  },
  'admin/microsoft-checklist': { steps: ['microsoft.checklist.domain', 'microsoft.checklist.browser'], limits: ['microsoft.limit.hybrid', 'microsoft.limit.live'], unproven: ['microsoft.unproven.skew'] },
  'admin/microsoft-people': { requirements: [{ value: 'required', selected: true, text: null, labelKey: 'microsoft.requirement.required' }], texts: [{ name: 'text_en', language: 'English', value: 'Step 1' }], errors: { text_en: 'microsoft.error.guide_text' }, hasErrors: true },
}
