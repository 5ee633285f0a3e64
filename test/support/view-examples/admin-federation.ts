import { factNames, functionNames, parseSamlSettings, parseWsFedSettings, usualAttributes, type Application, type AttributeFacts } from '../../../src/applications/index.ts'
import type { Views } from '../../../src/http/index.ts'
import { assuranceChoices } from '../../../src/panels/admin/application-view.ts'
import { attributeValues, toAttributeRows } from '../../../src/panels/admin/federation/attributes.ts'
import { federationOf } from '../../../src/panels/admin/federation/connect.ts'
import { noneOf } from '../../../src/panels/admin/federation/draft.ts'
import { nameIdChoices } from '../../../src/panels/admin/federation/name-id.ts'
import { previewOf } from '../../../src/panels/admin/federation/preview.ts'
import { samlFields } from '../../../src/panels/admin/federation/saml-checks.ts'
import { nameIdFormatsOfSaml, samlValues } from '../../../src/panels/admin/federation/saml-values.ts'
import type { ApplicationId, OrganizationId } from '../../../src/storage/index.ts'
import { moment } from './moment.ts'

/** As long as one and of the same letters: pages only show it. */
const certificate = `MIIBdzCCAR2gAwIBAgIUdw`

const base = { organizationId: 'engines' as OrganizationId, description: 'Books and journals', launchUrl: null, hasIcon: false, access: 'everyone', trusted: true, enabled: true, requiredAssurance: null, oidc: null, createdAt: moment, updatedAt: moment } as const

export const library: Application = {
  ...base, id: 'library' as ApplicationId, protocol: 'saml', clientId: 'https://library.example.com/shibboleth', name: 'Library', wsfed: null,
  saml: parseSamlSettings({
    acs: [{ url: 'https://library.example.com/Shibboleth.sso/SAML2/POST', index: 1, isDefault: true }], slo: [{ binding: 'redirect', url: 'https://library.example.com/Shibboleth.sso/SLO/Redirect' }],
    attributes: usualAttributes.saml, idpInitiated: true, allowSha1: true, signedRequests: true, metadataUrl: 'https://library.example.com/Shibboleth.sso/Metadata', metadataReadAt: moment - 86_400_000, metadataProblem: 'unreachable',
  }),
}
export const portal: Application = {
  ...base, id: 'portal' as ApplicationId, protocol: 'wsfed', clientId: 'urn:example:portal', name: 'Portal', saml: null,
  wsfed: parseWsFedSettings({ replyUrls: ['https://portal.example.com/_trust/'], signOutUrl: 'https://portal.example.com/_layouts/signout.aspx', attributes: usualAttributes.wsfed }),
}
export const facts: AttributeFacts = {
  user_id: 'ada', email: 'ada@example.com', given_name: 'Ada', family_name: '', name: 'Ada Lovelace', phone: null, locale: 'en', groups: ['Engineering'], upn: null, immutable_id: null,
}
export const certificates = {
  signer: { keyId: 'active', certificate } as never,
  published: [
    { keyId: 'active-key', state: 'active', certificate: certificate.repeat(30), fingerprint: Array.from({ length: 32 }, (_, index) => (index * 7 + 16).toString(16).toUpperCase().padStart(2, '0').slice(-2)).join(':'), notAfter: moment + 86_400_000 * 900, activatesAt: moment },
    { keyId: 'next-key', state: 'upcoming', certificate: certificate.repeat(30), fingerprint: Array.from({ length: 32 }, (_, index) => (index * 5 + 32).toString(16).toUpperCase().slice(-2)).join(':'), notAfter: moment + 86_400_000 * 1_800, activatesAt: moment },
  ],
} as const

const part = (application: Application) => federationOf(application, {
  publicUrl: 'https://id.example.com', certificates, now: moment, preview: { person: 'ada@example.com', errors: { person: null }, result: previewOf(application, facts) },
})
const page = (application: Application) => ({
  id: application.id, name: application.name, description: application.description, icon: null, letter: application.name.slice(0, 1), enabled: true, mayWrite: true, settings: true, launchUrl: null, requiredKey: 'admin.applications.assurance.any',
  trusted: true, asksConsent: false, redirectUris: [], connect: null, secrets: [], noSecret: false, errors: { email: null }, hasErrors: false, clientId: application.clientId, protocol: application.protocol, federation: part(application),
  access: { everyone: true, assigned: false, people: 12, assignments: [], groups: [], email: '' },
}) as const

const rules = [...attributeValues(usualAttributes.saml), { name: 'urn:example:shoe', friendlyName: 'shoe', expression: 'size(email)' }]
const errors = { ...noneOf(samlFields), acs: 'admin.applications.error.addresses', attribute_expression_4: 'admin.federation.error.expression' }
const shared = { hasTile: true, launchHintKey: 'admin.federation.hint.launch_url_saml', icon: null, facts: factNames, functions: functionNames, assurances: assuranceChoices(''), importOpen: true, keysOpen: true, signOutOpen: true } as const

/** The forms of SAML and WS-Federation, with everything on them that can be. */
export const adminFederationExamples: { readonly [N in 'admin/saml-form' | 'admin/wsfed-form']: Views[N] } = {
  'admin/saml-form': {
    ...shared, id: null, isNew: true, titleKey: 'admin.applications.new.saml', kindKey: 'admin.applications.kind.saml', errors, hasErrors: true,
    values: { ...samlValues(), name: 'Library', entityId: library.clientId, acs: 'https://library.example.com/Shibboleth.sso/SAML2/POST 1\nhttp://library.example.com/', attributes: rules },
    lines: [{ line: 2, text: 'http://library.example.com/', key: 'admin.applications.uri.https' }], nameIdFormats: nameIdChoices(nameIdFormatsOfSaml, 'persistent'), rows: toAttributeRows(rules, errors),
    wasRead: true, notes: [{ key: 'admin.federation.metadata.requested_attribute', detail: 'eduPersonOrcid (urn:oid:1.3.6.1.4.1.5923.1.1.1.16)' }, { key: 'admin.federation.metadata.unsigned_only', detail: '' }],
  },
  'admin/wsfed-form': {
    ...shared, id: 'portal', isNew: false, titleKey: 'admin.applications.edit', kindKey: 'admin.applications.kind.wsfed', errors: noneOf(['name', 'description', 'launch_url', 'icon', 'metadata_file', 'metadata_text', 'realm', 'reply_urls', 'sign_out_url', 'name_id_expression', 'token_minutes']),
    hasErrors: false, lines: [], nameIdFormats: nameIdChoices(['unspecified', 'email', 'persistent'], 'unspecified'), rows: toAttributeRows(attributeValues(usualAttributes.wsfed), {}), wasRead: false, notes: [],
    values: {
      name: 'Portal', description: '', launchUrl: '', enabled: true, access: 'everyone', requiredAssurance: '', metadataText: '', realm: 'urn:example:portal', replyUrls: 'https://portal.example.com/_trust/', signOutUrl: '',
      nameIdFormat: 'unspecified', nameIdExpression: '', attributes: attributeValues(usualAttributes.wsfed), tokenMinutes: '60',
    },
  },
}

/** The other faces of an application's page. */
export const adminFederationVariants = {
  'admin/application': { 'SAML': { ...page(library), kindKey: 'admin.applications.kind.saml' }, 'WS-Federation': { ...page(portal), kindKey: 'admin.applications.kind.wsfed' } },
}
