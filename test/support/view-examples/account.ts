import type { Views } from '../../../src/http/index.ts'
import { stepRows, stepsCard } from '../../../src/panels/account/first-steps.ts'
import { days, hours, minutes, moment } from './moment.ts'

type Pages = { [N in Extract<keyof Views, `account/${string}`>]: Views[N] }

const blueKey = { id: 'k1', name: 'Blue key on my keyring', kindKey: 'account.key.kind.security-key', createdAt: moment - days(40), lastUsedAt: moment - hours(3), suspended: false }
const laptop = { id: 'k2', name: 'Windows Hello', kindKey: 'account.key.kind.platform', createdAt: moment - days(12), lastUsedAt: null, suspended: false }
const lost = { id: 'k3', name: 'Old phone', kindKey: 'account.key.kind.synced', createdAt: moment - days(300), lastUsedAt: moment - days(200), suspended: true }
const option = (value: string, text: string, selected = false) => ({ value, text, selected, labelKey: null })

const computers = [
  { id: 'c1', name: 'Chrome on Windows', kindKey: 'account.computer.kind.extension', createdAt: moment - days(12), lastUsedAt: moment - hours(1), removalHref: '/security/computers/c1/removal' },
  { id: 'c2', name: 'The long-named workstation in the reading room of the library', kindKey: 'account.computer.kind.agent', createdAt: moment - days(2), lastUsedAt: null, removalHref: '/security/computers/c2/removal' },
]
const phone = { id: 'p1', name: 'Pixel of Katherine', model: 'Pixel 9', createdAt: moment - days(40), lastUsedAt: moment - hours(3), lastIp: '203.0.113.7', suspended: false, computers }
const activation = {
  email: 'katherine@nasa.example', name: 'Katherine Johnson', picture: '/security/phones/activations/x/qr.svg', link: 'https://id.engines.example/phone/activate/eW91IGFyZSBhIGN1cmlvdXMgcGVyc29uLCBnb29kIQ', code: '402 718',
  expiresAt: moment + minutes(2), secondsLeft: 118, stateUrl: '/security/phones/activations/x/state', nextAction: '/security/phones/activations/x/next', skipHref: '/security', refreshAction: '/security/phones/new', replaces: null, problem: null,
} as const

const rows = stepRows({ phonesAllowed: true, phones: { active: 0, pending: true }, keys: [], microsoft: 'done_by_admin' }, (step) => (step === 'activate' ? ['Come to the reception <with your phone>.', 'Ann shows you how.'] : []))
const settled = stepRows({ phonesAllowed: true, phones: { active: 1, pending: false }, keys: [{ lastUsedAt: moment }], microsoft: 'not_needed' }, () => [])

export const accountExamples: Pages = {
  'account/apps': {
    tiles: [{ id: 'a1', name: 'Microsoft 365', icon: null, letter: 'M' }, { id: 'a2', name: 'Payroll', icon: null, letter: 'P' }, { id: 'a3', name: 'Wiki of the Analytical Engines', icon: null, letter: 'W' }, { id: 'a4', name: 'Travel', icon: null, letter: 'T' }],
    withoutKey: false, administrator: false, microsoft: 'open', firstSteps: null,
  },
  'account/start': { steps: rows, open: 3, done: 1, all: 4 },
  'account/microsoft': { upn: 'katherine@nasa.example', stateKey: 'account.microsoft.state.open', open: true, done: false, doneAt: null, securityInfo: 'https://mysignins.microsoft.com/security-info', ownSteps: true, paragraphs: [], behalfKey: 'account.microsoft.waits', keys: [] },
  'account/my-key': { active: true, plan: 'Basic', name: 'Katherine Johnson', email: 'katherine@nasa.example', keys: [blueKey, laptop], lastSignInAt: moment - minutes(5), firstSteps: null },
  'account/security': {
    keys: [blueKey, laptop, lost], phones: [phone, { ...phone, id: 'p2', name: 'Old phone', model: '', lastUsedAt: null, lastIp: null, suspended: true, computers: [] }], pausedUntil: moment + hours(20), phonesShown: true, otherSessions: true, recoveryOffered: true, recoveryLeft: 7, recoveryMade: true,
    passwordShown: true, mayPassword: true, passwordChangedAt: moment - days(5), passwordBlocked: true, authenticatorsShown: true, mayTotp: true, authenticators: [{ id: 't1', name: 'Phone', createdAt: moment - days(9), lastUsedAt: moment - hours(1), blocked: false }],
    sessions: [
      { id: 's1', device: 'Chrome, Windows', ip: '203.0.113.7', createdAt: moment - hours(2), lastSeenAt: moment, current: true },
      { id: 's2', device: 'Safari, iPhone', ip: '2001:db8::8a2e:370:7334', createdAt: moment - days(3), lastSeenAt: moment - days(1), current: false },
    ],
  },
  'account/phone-new': { email: 'katherine@nasa.example', phones: [{ id: 'p1', name: 'Pixel of Katherine' }], full: false, onPhone: false },
  'account/phone-code': { ...activation, state: 'waiting' },
  'account/phone-edit': { id: 'p1', name: 'Pixel of Katherine', model: 'Pixel 9', createdAt: moment - days(40), lastUsedAt: moment - hours(3), lastIp: '203.0.113.7', errors: { name: null }, hasErrors: false },
  'account/password': { email: 'ada@engines.example', shortest: 15, changes: false, errors: { password: null, repeat: null }, hasErrors: false },
  'account/authenticator': {
    picture: '/security/authenticators/t1/qr.svg', seed: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP', uri: 'otpauth://totp/Analytical%20Engines:ada%40engines.example?issuer=Analytical%20Engines&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', name: '',
    errors: { code: null, name: null }, hasErrors: false,
  },
  'account/way-removal': { titleKey: 'account.authenticator.removal', textKey: 'account.authenticator.removal_text', yesKey: 'account.authenticator.removal_yes', name: 'Phone' },
  'account/key-new': { problem: null, existingName: null, paired: { pairs: [{ computer: 'Chrome on Windows', phone: 'Pixel of Katherine' }], missing: null } },
  'account/key-edit': { id: 'k1', name: 'YubiKey 5 NFC', isNew: true, errors: { name: null }, hasErrors: false },
  'account/key-removal': { id: 'k1', name: 'Blue key on my keyring', last: false, locked: false },
  'account/recovery-codes': { codes: Array.from({ length: 10 }, (_, index) => `7K${index}Q-X2MD-9V4T-C8HB`), left: 10, account: 'ada@engines.example', madeAt: moment, onward: '/' },
  'account/activity': {
    titleKey: 'nav.activity', text: '', action: '', from: '', to: '', filtered: false,
    rows: [
      { at: moment, site: 'Payroll', siteId: 'payroll', userName: 'ada@engines.example', actionKey: 'activity.action.application.opened', outcome: 'success', device: 'Chrome, Windows', ip: '203.0.113.7' },
      { at: moment - minutes(1), site: 'Analytical Engines', siteId: 'id.engines.example', userName: 'ada@engines.example', actionKey: 'activity.action.session.opened', outcome: 'success', device: 'Chrome, Windows', ip: '203.0.113.7' },
      { at: moment - days(2), site: 'Analytical Engines', siteId: 'id.engines.example', userName: 'ada@engines.example', actionKey: 'activity.action.signin.refused', outcome: 'failure', device: 'Firefox, Linux', ip: null },
    ],
    actions: [{ value: '', labelKey: 'common.all', selected: true, text: null }, { value: 'session.opened', labelKey: 'activity.action.session.opened', selected: false, text: null }],
    sizes: [option('10', '10', true), option('25', '25'), option('50', '50')], pager: { first: null, next: '/activity?before=x' },
  },
  'account/profile': { name: 'Ada Lovelace', email: 'ada@engines.example', phone: '+44 20 7946 0958', phoneVerified: true, managedBy: null, language: 'English', timeZone: 'Europe/London', smsPossible: true },
  'account/profile-name': { givenName: 'Ada', familyName: 'Lovelace', errors: { given_name: null, family_name: null }, hasErrors: false },
  'account/profile-contact': { kind: 'email', value: '', current: 'ada@engines.example', errors: { value: null }, hasErrors: false },
  'account/profile-code': { kind: 'phone', destination: '+44 20 7946 0958', expiresAt: moment + minutes(9), secondsLeft: 540, startAgain: '/profile/phone', errors: { code: null }, hasErrors: false, triesLeft: null, over: false },
  'account/profile-preferences': {
    languages: [{ value: '', text: '', lang: null, selected: true, labelKey: 'account.profile.language_auto' }, { value: 'de', text: 'Deutsch', lang: 'de', selected: false, labelKey: null }],
    zones: [option('UTC', 'UTC', true), option('Europe/London', 'Europe/London'), option('Asia/Tehran', 'Asia/Tehran')],
  },
  'account/settings': { active: false, email: 'katherine@nasa.example' },
  'account/deletion': { email: 'katherine@nasa.example' },
}

export const accountVariants = {
  'account/start': { 'everything done': { steps: settled, open: 0, done: 2, all: 2 } },
  'account/apps': { 'nothing yet': { tiles: [], withoutKey: true, administrator: true, microsoft: 'there', firstSteps: stepsCard(rows) } },
  'account/microsoft': { 'with a text of the organization': { upn: null, stateKey: 'account.microsoft.state.done_by_admin', open: false, done: true, doneAt: moment, securityInfo: 'https://mysignins.microsoft.com/security-info', ownSteps: false, paragraphs: ['First <this>', 'then that'], behalfKey: 'account.microsoft.by_admin', keys: [{ name: 'Pixel <9>', at: moment }] } },
  'account/my-key': { 'without a key': { active: false, plan: 'Basic', name: 'Katherine Johnson', email: 'katherine@nasa.example', keys: [], lastSignInAt: null, firstSteps: stepsCard(rows) } },
  'account/security': {
    'without a key': {
      keys: [], phones: [], pausedUntil: null, phonesShown: true, otherSessions: false, recoveryOffered: true, recoveryLeft: 0, recoveryMade: false,
      passwordShown: true, mayPassword: true, passwordChangedAt: null, passwordBlocked: false, authenticatorsShown: true, mayTotp: true, authenticators: [],
      sessions: [{ id: 's1', device: 'Chrome, Windows', ip: '203.0.113.7', createdAt: moment - hours(2), lastSeenAt: moment, current: true }],
    },
  },
  'account/phone-new': { 'a first one': { email: 'katherine@nasa.example', phones: [], full: false, onPhone: true } },
  'account/phone-code': { opened: { ...activation, state: 'opened' }, approved: { ...activation, state: 'approved' }, denied: { ...activation, state: 'denied', problem: 'account.phone.problem.not_approved' }, expired: { ...activation, state: 'expired', secondsLeft: 0, replaces: 'p1' } },
  'account/phone-edit': { 'without a name': { id: 'p1', name: '', model: '', createdAt: moment, lastUsedAt: null, lastIp: null, errors: { name: 'account.error.key_name' }, hasErrors: true } },
  'account/key-new': {
    'the same key again': { problem: 'account.key.problem.duplicate', existingName: 'Blue key on my keyring', paired: null },
    'without a phone': { problem: null, existingName: null, paired: { pairs: [], missing: 'phone' } }, 'without a paired computer': { problem: null, existingName: null, paired: { pairs: [], missing: 'computer' } },
  },
  'account/key-edit': { 'without a name': { id: 'k1', name: '', isNew: false, errors: { name: 'account.error.key_name' }, hasErrors: true } },
  'account/key-removal': { 'the last one': { id: 'k1', name: 'Blue key', last: true, locked: false }, 'the last one, and needed': { id: 'k1', name: 'Blue key', last: true, locked: true } },
  'account/recovery-codes': { 'before they are made': { codes: null, left: 3, account: 'ada@engines.example', madeAt: moment, onward: '/' } },
  'account/activity': { 'nothing found': { ...accountExamples['account/activity'], text: 'payroll', filtered: true, rows: [], pager: { first: null, next: null } } },
  'account/profile': { 'kept by a directory': { name: 'Ada Lovelace', email: 'ada@engines.example', phone: null, phoneVerified: false, managedBy: 'Active Directory', language: null, timeZone: 'UTC', smsPossible: false } },
  'account/profile-contact': { 'no number': { kind: 'phone', value: '0170', current: null, errors: { value: 'account.error.phone' }, hasErrors: true } },
} satisfies { [N in keyof Pages]?: Readonly<Record<string, Pages[N]>> }
