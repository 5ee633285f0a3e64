/**
 * Microsoft 365: what is Entra's own about a federation. The assertions themselves are made in protocols/saml and protocols/wsfed,
 * which ask here (through app.ts) for the domain behind an address and for what Entra knows a person by.
 *
 *   clouds.ts            hosts of the public, US government and China clouds, or of a simulator
 *   domain.ts, domains   which root domains are ours, each with an issuer of its own (SEC-31)
 *   identity.ts, identities, identity-import   UPN and ImmutableID of people; an ImmutableID never changes by itself
 *   tile.ts              the tile in My Apps that stands for all of them
 *   federation/          what is to be said to Entra, worked out without saying it: pure
 *   graph/               calls to Graph and the token endpoint
 *   guide.ts             look, plan, apply, take back; backups.ts keeps what was there before
 *   connections.ts       an administrator's sign-in at Entra for one piece of work; unattended.ts the app
 *                        registration's, terminal-sign-in.ts a command's
 *   guard.ts, autopilot.ts, alerts.ts   differences, certificates, and what an administrator must look at
 *   revocation.ts        ends people's sessions at Microsoft when they are locked out here
 *   explainer.ts         Entra's error codes, with cause and fix in our words
 *   windows-kit.ts       what Windows' web sign-in has to be told
 *   people-guide.ts      the guide for people, and who has done it
 *   keys/                keys of phones, registered at Microsoft on a person's behalf; Temporary Access Passes
 *
 * The pages are in panels/admin/microsoft365, the commands in cli/microsoft365.
 */
export { type Alert, type Alerts } from './alerts.ts'
export type { AutopilotOutcome } from './autopilot.ts'
export type { Backup } from './backups.ts'
export { cloudNames, cloudPresets, hostsOf, readHost, type Cloud, type CloudName } from './clouds.ts'
export type { CheckOutcome, Connection, ConnectionPurpose } from './connections.ts'
export { domainOf, federationProtocols, isWithin, mfaBehaviors, readDomain, type DomainSettings, type FederatedDomain, type FederationProtocol, type ManagedDomain, type MfaBehavior } from './domain.ts'
export { createDomains, type DomainChanges, type Domains } from './domains.ts'
export { explain, type Explained, type Explanation } from './explainer.ts'
export { applyScript, requestText, stops, undoScript, verifyScript, type CertificateStep, type ConfigurationProblem, type Difference, type Finding, type Plan, type SimulatedStep } from './federation/index.ts'
export { GraphRefused, type GraphRefusalKind, type GraphSession } from './graph/index.ts'
export type { GuardOutcome } from './guard.ts'
export type { ApplyOutcome, DomainEvent, RecordDomainEvent, UndoOutcome } from './guide.ts'
export { createIdentities, type AssertedIdentity, type Identities, type IdentityConflict, type PersonIdentity, type SetOutcome, type StoredIdentity } from './identities.ts'
export { planImport, readImport, type ImportLine, type ImportRow } from './identity-import.ts'
export { accessPassMinutes, consentVersion, keyPermission, keyStates, passPermission, phoneAaguid, type KeyAnnouncement, type KeyEvent, type KeyFinding, type KeyNeeds, type KeyOrder, type KeyPlace, type KeySettings, type KeyState, type OrderOutcome, type PassOutcome } from './keys/index.ts'
export { mintImmutableId, readImmutableId, readUpn, speaksFor, usualUpn, type Identity, type IdentitySource } from './identity.ts'
export { createMicrosoft365, type Microsoft365, type Microsoft365Needs } from './microsoft365.ts'
export { createPeopleGuide, longestGuideText, setUpRequirements, type PeopleGuide, type PersonSetUp, type SetUpRequirement } from './people-guide.ts'
export { AlertTable, EntraBackupTable, EntraDomainTable, EntraGuideTable, EntraIdentityTable, EntraOperationTable, EntraSetUpTable, MicrosoftKeySettingsTable, MicrosoftKeyTable } from './schema.ts'
export { homeRealmAddress, plainAddress } from './tile.ts'
export { signInHosts, windowsKit, type WindowsKit } from './windows-kit.ts'
