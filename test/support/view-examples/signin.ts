import type { Views } from '../../../src/http/index.ts'
import { minutes, moment } from './moment.ts'

type Pages = { [N in Extract<keyof Views, 'error' | `signin/${string}`>]: Views[N] }

const signIn = { id: 'mBZ2nQ0sVt1c8k3rXyLw5A', application: 'Payroll', organization: 'Analytical Engines', problem: null }
const passkey = { optionsUrl: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/passkey/options', passkeyAction: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/passkey' }
const securityCheck = { token: 'nonce.1795510800000.signature', difficulty: 4, left: 3, right: 8 }
const way = {
  ...signIn, email: 'grace@navy.example', changeHref: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/email', hasErrors: false,
  others: [{ href: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/channel', labelKey: 'signin.way.channel' }, { href: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/access-pass', labelKey: 'signin.way.access-pass' }],
}

const phone = '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/phone'
const waiting = {
  ...signIn, kind: 'request', digits: '47', secondsLeft: 96, expiresAt: moment + minutes(2), destination: 'g•••@n•••.example', picture: null, manualCode: '4071 2286', stateUrl: `${phone}/state`, action: `${phone}/wait`, again: `${phone}/request`, email: 'grace@navy.example',
  others: [{ href: phone, labelKey: 'signin.phone.another' }, { href: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A', labelKey: 'signin.phone.key' }],
} as const

export const signInExamples: Pages = {
  error: { titleText: 'This page does not exist', text: 'The address may be mistyped, or what was here has been removed.', reference: 'Xk2pQ9aB1cDe' },
  'signin/identify': { ...signIn, ...passkey, because: 'nobody', cancelHref: '/eam/requests/x/refusal', signUpOffered: true, setUp: true, phoneOffered: true },
  'signin/confirm': { ...signIn, ...passkey, application: null, because: 'step_up', cancelHref: null, name: 'Ada Lovelace', email: 'ada@engines.example', hasKey: true, phoneOffered: true, ways: [], recoveryOffered: true },
  'signin/email': { ...signIn, ...passkey, email: '', errors: { email: null, security_check: null }, hasErrors: false, securityCheck, keysOnly: false, recoveryOffered: true },
  'signin/channel': { ...signIn, mailDestination: 'g•••@n•••.example', smsDestination: '+49 ••• 42', smsOffered: true, smsHintKey: 'signin.channel.sms_off', mailOff: false, sendable: true, channel: 'mail', others: [] },
  'signin/code': {
    ...signIn, destination: 'g•••@n•••.example', channel: 'mail', expiresAt: moment + minutes(10), resendSeconds: 30, secondsLeft: 600, errors: { code: null }, hasErrors: false, triesLeft: null, over: false,
  },
  'signin/password': { ...way, errors: { password: null } },
  'signin/totp': { ...way, afterPassword: false, errors: { code: null } },
  'signin/access-pass': { ...way, others: [], errors: { pass: null } },
  'signin/phone': { ...signIn, email: '', confirms: false, codeOffered: true, errors: { email: null }, hasErrors: false, others: [{ href: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/channel', labelKey: 'signin.way.channel' }] },
  'signin/phone-wait': { ...waiting, state: 'open' },
  'signin/recovery': { ...signIn, email: 'grace@navy.example', errors: { email: null, recovery_code: null, security_check: null }, hasErrors: false, securityCheck },
  'signin/refused': { application: null, reason: 'unmet_authentication_requirements', again: '/signin' },
  'signin/signed-out': { steps: [{ name: 'Wiki', url: '/saml/logout/x' }, { name: 'Microsoft 365', url: 'https://login.example/?wa=wsignoutcleanup1.0' }], next: 'https://wiki.example/bye' },
}

export const signInVariants = {
  'signin/phone': {
    'confirming, without a code': { ...signIn, application: null, email: 'grace@navy.example', confirms: true, codeOffered: false, errors: { email: null }, hasErrors: false, others: [] },
    'wrong address': { ...signIn, email: 'grace@', confirms: false, codeOffered: true, errors: { email: 'signin.email.error.syntax' }, hasErrors: true, others: [] },
  },
  'signin/phone-wait': {
    'a code to scan': { ...waiting, state: 'open', kind: 'code', destination: null, picture: `${phone}/code.svg` }, 'a code that was scanned': { ...waiting, state: 'scanned', kind: 'code', destination: null, picture: `${phone}/code.svg` },
    'near the computer': { ...waiting, state: 'open', picture: `${phone}/code.svg`, destination: null }, approved: { ...waiting, state: 'approved', application: null }, over: { ...waiting, state: 'over' },
  },
  'signin/signed-out': { 'nobody else to tell': { steps: [], next: null } },
  'signin/identify': {
    'panel, key refused': { ...signIn, ...passkey, application: null, problem: 'signin.problem.key_refused', because: 'nobody', cancelHref: null, signUpOffered: false, setUp: true, phoneOffered: true },
    'someone else is signed in': { ...signIn, ...passkey, because: 'other_person', cancelHref: '/eam/requests/x/refusal', signUpOffered: true, setUp: true, phoneOffered: true },
    'another organization': { ...signIn, ...passkey, because: 'other_organization', cancelHref: null, signUpOffered: true, setUp: true, phoneOffered: true },
  },
  'signin/confirm': { 'without a key': { ...signIn, ...passkey, because: 'too_old', cancelHref: '/eam/requests/x/refusal', name: 'Edsger Dijkstra', email: 'edsger@tue.example', hasKey: false, phoneOffered: false, ways: [{ href: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/password', labelKey: 'signin.way.password' }, { href: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/totp', labelKey: 'signin.way.totp' }, { href: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/channel', labelKey: 'signin.way.channel' }], recoveryOffered: false } },
  'signin/email': {
    'wrong address': { ...signIn, ...passkey, email: 'grace@', errors: { email: 'signin.email.error.syntax', security_check: 'security_check.error.failed' }, hasErrors: true, securityCheck, keysOnly: false, recoveryOffered: true },
    'keys only': { ...signIn, ...passkey, email: '', errors: { email: null, security_check: null }, hasErrors: false, securityCheck, keysOnly: true, recoveryOffered: true },
    'keys only, nothing on paper': { ...signIn, ...passkey, email: '', errors: { email: null, security_check: null }, hasErrors: false, securityCheck, keysOnly: true, recoveryOffered: false },
  },
  'signin/channel': {
    'no phone yet': { ...signIn, mailDestination: 'e•••@t•••.example', smsDestination: null, smsOffered: false, smsHintKey: 'signin.channel.sms_none', mailOff: false, sendable: true, channel: 'mail', others: [] },
    'neither is possible': { ...signIn, mailDestination: 'e•••@t•••.example', smsDestination: null, smsOffered: false, smsHintKey: 'signin.channel.sms_none', mailOff: true, sendable: false, channel: 'sms', others: [{ href: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/access-pass', labelKey: 'signin.way.access-pass' }] },
  },
  'signin/code': {
    'wrong code': { ...signIn, destination: '+49 ••• 42', channel: 'sms', expiresAt: moment, resendSeconds: 30, secondsLeft: 312, errors: { code: 'signin.code.error.wrong' }, hasErrors: true, triesLeft: 4, over: false },
    expired: { ...signIn, destination: 'g•••@n•••.example', channel: 'mail', expiresAt: moment, resendSeconds: 30, secondsLeft: 0, errors: { code: 'signin.code.error.expired' }, hasErrors: true, triesLeft: null, over: true },
  },
  'signin/password': {
    'wrong password': { ...way, errors: { password: 'signin.password.error.wrong' }, hasErrors: true },
    'confirmed, and the directory is down': { ...way, application: null, changeHref: null, others: [], errors: { password: 'signin.password.error.unavailable' }, hasErrors: true },
  },
  'signin/totp': { 'after a password, wrong': { ...way, changeHref: null, afterPassword: true, others: [{ href: '/signin/mBZ2nQ0sVt1c8k3rXyLw5A/recovery', labelKey: 'signin.way.recovery' }], errors: { code: 'signin.totp.error.wrong' }, hasErrors: true } },
  'signin/access-pass': { 'wrong pass': { ...way, errors: { pass: 'signin.access_pass.error.wrong' }, hasErrors: true } },
  'signin/recovery': { 'wrong code': { ...signIn, email: 'grace@navy.example', errors: { email: null, recovery_code: 'signin.recovery.error.wrong', security_check: null }, hasErrors: true, securityCheck } },
} satisfies { [N in keyof Pages]?: Readonly<Record<string, Pages[N]>> }
