import type { Views } from '../../../src/http/index.ts'
import { days, minutes, moment } from './moment.ts'

type Pages = { [N in Extract<keyof Views, `welcome/${string}`>]: Views[N] }

const none = { organization: null, given_name: null, family_name: null, email: null, consent: null, security_check: null }
const securityCheck = { token: 'nonce.1795510800000.signature', difficulty: 4, left: 3, right: 8 }
const link = '/invitation/4rGx0bV9sKqM2nT7yWc1eJ5hLpZ8uA3dF6iO0kRvXwB'

export const welcomeExamples: Pages = {
  'welcome/setup': { organization: '', givenName: '', familyName: '', email: '', errors: none, hasErrors: false },
  'welcome/first-key': { occasion: 'invitation', email: 'grace@navy.example', name: 'Grace Hopper', action: `${link}/key`, optionsUrl: `${link}/key/options`, skipAction: `${link}/skip`, problem: null, existingName: null },
  'welcome/invitation': {
    organization: 'Analytical Engines', email: 'grace@navy.example', note: 'Welcome aboard, Grace. Your blue key lies at the reception.', expiresAt: moment + days(7), purpose: 'invitation', namesFixed: false,
    givenName: 'Grace', familyName: 'Hopper', errors: { given_name: null, family_name: null }, hasErrors: false,
  },
  'welcome/signup': { personal: true, organizations: false },
  'welcome/signup-form': { kind: 'personal', email: '', givenName: '', familyName: '', organization: '', errors: none, hasErrors: false, securityCheck, terms: '/terms', privacy: '/privacy' },
  'welcome/signup-code': {
    destination: 'katherine@nasa.example', expiresAt: moment + minutes(10), resendSeconds: 30, secondsLeft: 600, action: '/signup/mBZ2nQ0sVt1c8k3rXyLw5A/code', resendAction: '/signup/mBZ2nQ0sVt1c8k3rXyLw5A/code/again', startAgain: '/signup/personal',
    errors: { code: null }, hasErrors: false, triesLeft: null, over: false,
  },
  'welcome/signup-closed': { kind: 'work' },
}

export const welcomeVariants = {
  'welcome/setup': {
    'something is missing': { organization: 'Analytical Engines', givenName: 'Ada', familyName: '', email: 'ada@', errors: { ...none, family_name: 'welcome.error.family_name', email: 'welcome.error.email' }, hasErrors: true },
  },
  'welcome/first-key': {
    'the same key again': { occasion: 'setup', email: 'ada@engines.example', name: 'Ada Lovelace', action: '/setup/x/key', optionsUrl: '/setup/x/key/options', skipAction: null, problem: 'welcome.key.problem.duplicate', existingName: 'Blue key' },
  },
  'welcome/invitation': {
    'after a reset': {
      organization: 'Analytical Engines', email: 'grace@navy.example', note: '', expiresAt: moment + days(1), purpose: 'reset', namesFixed: true, givenName: 'Grace', familyName: 'Hopper', errors: { given_name: null, family_name: null }, hasErrors: false,
    },
  },
  'welcome/signup-form': {
    'nothing was filled in': {
      kind: 'work', email: '', givenName: '', familyName: '', organization: '', hasErrors: true, securityCheck, terms: null, privacy: null,
      errors: { organization: 'welcome.error.organization', given_name: 'welcome.error.given_name', family_name: 'welcome.error.family_name', email: 'welcome.error.email', consent: 'welcome.error.consent', security_check: 'security_check.error.expired' },
    },
  },
} satisfies { [N in keyof Pages]?: Readonly<Record<string, Pages[N]>> }
