/**
 * The forms and pages of applications that speak SAML 2.0 or WS-Federation.
 *
 *   forms.ts        the way of both forms: show, read, save; draft.ts is what each kind hands it
 *   saml-form.ts    a service provider, from its metadata or by hand: saml-values.ts, saml-checks.ts
 *   wsfed-form.ts   an application with a realm
 *   attributes.ts   the table of attributes, which grows and shrinks without script; name-id.ts
 *   connect.ts      what to copy into the other side; guides.ts for products; preview.ts what a person would be sent
 *   detail-routes.ts  metadata read again by hand; comparable.ts: changes as the audit log tells them
 *
 * The list, the page around it and who may use it → ../application-routes.ts. Reading metadata → protocols/saml/metadata-import.
 */
export { metadataChanges } from './comparable.ts'
export { mountFederationDetails } from './detail-routes.ts'
export { createFederatedForms } from './forms.ts'
export type * from './pages.ts'
