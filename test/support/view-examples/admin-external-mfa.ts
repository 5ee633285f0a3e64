import type { Views } from '../../../src/http/index.ts'
import { externalMfaValues, noExternalMfaErrors } from '../../../src/panels/admin/external-mfa-form.ts'
import { factsOf, graphCallOf, toExternalMfaForm } from '../../../src/panels/admin/external-mfa-view.ts'
import type { Connection } from '../../../src/protocols/external-mfa/index.ts'
import type { ApplicationId, OrganizationId } from '../../../src/storage/index.ts'
import { days, hours, moment } from './moment.ts'

type Page = 'admin/external-mfa' | 'admin/external-mfa-connection' | 'admin/external-mfa-form' | 'admin/external-mfa-link'

const connection: Connection = {
  id: 'kJ3vXq0eT5mY8rW1zB6nC9' as ApplicationId, organizationId: 'engines' as OrganizationId, name: 'Analytical Engines', cloud: 'public', loginOrigin: null, tenantId: '11111111-2222-4333-8444-555555555555',
  appId: '99999999-8888-4777-8666-555555555555', clientId: 'uL2pS4dF7hG0aIoExQwZ1y', enabled: false, linksAtSignIn: true, maxAgeSeconds: 0, createdAt: moment, updatedAt: moment,
}
const publicUrl = 'https://id.engines.example'

/** One of each page about External MFA, with everything on it that can be. */
export const adminExternalMfaExamples: { readonly [N in Page]: Views[N] } = {
  'admin/external-mfa': {
    rows: [
      { id: connection.id, name: connection.name, tenantId: connection.tenantId, cloudKey: 'admin.external_mfa.cloud.public', enabled: true, links: 240 },
      { id: 'other', name: 'Engines of Shanghai', tenantId: '21111111-2222-4333-8444-555555555555', cloudKey: 'admin.external_mfa.cloud.china', enabled: false, links: 1 },
    ],
    mayWrite: true, insecure: true,
  },
  'admin/external-mfa-connection': {
    id: connection.id, name: connection.name, enabled: false, mayWrite: true, insecure: true, ...factsOf(connection, publicUrl), ...graphCallOf(connection, publicUrl), linkCount: 240,
    settings: { cloudKey: 'admin.external_mfa.cloud.public', tenantId: connection.tenantId, appId: connection.appId, linkingKey: 'admin.external_mfa.linking.at_sign_in', maxAgeKey: 'admin.external_mfa.max_age.0' },
    links: [
      { objectId: 'aaaaaaaa-bbbb-4ccc-8ddd-000000000001', userId: 'barbara', email: 'barbara@example.com', name: 'barbara@engines.example', createdAt: moment - days(40), lastUsedAt: moment - hours(2) },
      { objectId: 'aaaaaaaa-bbbb-4ccc-8ddd-000000000002', userId: 'edsger', email: 'edsger@example.com', name: 'edsger@example.com', createdAt: moment - days(1), lastUsedAt: null },
    ],
    pager: { first: `/admin/external-mfa/${connection.id}#links`, next: `/admin/external-mfa/${connection.id}?after=x#links` },
  },
  'admin/external-mfa-form': toExternalMfaForm(connection, {
    values: { ...externalMfaValues(connection), cloud: 'custom', loginOrigin: 'login.engines.example/path', appId: '1234' }, connection: undefined,
    errors: { ...noExternalMfaErrors, login_origin: 'admin.external_mfa.error.login_origin', app_id: 'admin.external_mfa.error.guid' },
  }),
  'admin/external-mfa-link': { id: connection.id, name: connection.name, objectId: 'barbara', email: 'nobody@example.com', errors: { object_id: 'admin.external_mfa.error.guid', email: 'admin.external_mfa.error.person' }, hasErrors: true },
}

export const adminExternalMfaVariants = {
  'admin/external-mfa': { empty: { rows: [], mayWrite: true, insecure: false } },
  'admin/external-mfa-form': { new: toExternalMfaForm(undefined, undefined) },
}
