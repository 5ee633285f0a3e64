import type { Views } from '../../../src/http/index.ts'

type Pages = { [N in Extract<keyof Views, `oidc/${string}`>]: Views[N] }

export const oidcExamples: Pages = {
  'oidc/consent': {
    application: 'Wiki', organization: 'Analytical Engines', name: 'Grace Hopper', email: 'grace@navy.example', action: '/oidc/interaction/x/consent',
    permissions: ['oidc.scope.openid', 'oidc.scope.profile', 'oidc.scope.email', 'oidc.scope.phone', 'oidc.scope.groups', 'oidc.scope.offline_access'],
  },
  'oidc/no-access': { application: 'Payroll', email: 'edsger@tue.example', action: '/oidc/interaction/x/refusal', reference: 'Xk2pQ9aB1cDe' },
  'oidc/logout': { application: 'Payroll', action: '/oidc/logout/confirm', xsrf: '0f1e2d3c4b5a' },
}
