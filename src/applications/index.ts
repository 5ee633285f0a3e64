/**
 * For whom people sign in: applications, their secrets, and who may use them.
 *
 * All of it lives in the database and takes effect at once. How an application asks → protocols.
 */
export {
  defaultOidcSettings, oidcScopes, parseOidcSettings, requiredAssurances, type AccessKind, type Application, type ApplicationProtocol, type OidcKind, type OidcSettings, type RequiredAssurance,
} from './application.ts'
export { createApplicationAccess, usableCondition, type ApplicationAccess, type Assignment } from './access.ts'
export { createApplications, type ApplicationChanges, type Applications, type ApplicationWithSecrets, type NewApplication, type SecretView } from './applications.ts'
export { readCertificate, readCertificates, toPem, type ApplicationCertificate, type CertificateProblem } from './certificate.ts'
export { evaluate, factNames, functionNames, readExpression, type Expression, type FactName } from './expression.ts'
export type { AttributeFacts } from './facts.ts'
export { knownAttribute } from './known-attributes.ts'
export { maxPictureBytes, pictureType, readPicture, type PictureType } from './picture.ts'
export { isLoopback, redirectUriProblem, webAddressProblem, type UriProblem } from './redirect-uri.ts'
export { nameIdFormats, parseSamlSettings, parseWsFedSettings, usualAttributes, type AttributeRule, type NameIdFormat, type SamlSettings, type WsFedSettings } from './saml-settings.ts'
export { ApplicationAccessTable, ApplicationSecretTable, ApplicationTable } from './schema.ts'
