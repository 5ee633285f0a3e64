import type { Views } from '../../../src/http/index.ts'

type Pages = { [N in Extract<keyof Views, `exchange/${string}` | `saml/${string}` | `wsfed/${string}`>]: Views[N] }

export const exchangeExamples: Pages = {
  'exchange/hand-over': { action: 'https://payroll.engines.example/callback', fields: [{ name: 'code', value: 'yWc1eJ5hLpZ8uA3dF6iO0kRvXwB' }, { name: 'state', value: 'af0ifjsldkj' }] },
  'exchange/no-access': { application: 'Payroll', email: 'edsger@tue.example', back: '/saml/requests/x/refusal', reference: 'Xk2pQ9aB1cDe' },
  'wsfed/sign-out': { email: 'grace@navy.example' },
  'saml/logged-out': { application: 'Wiki', success: true },
}
