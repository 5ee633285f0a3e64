/**
 * Microsoft 365: what is Entra's own about a federation. The assertions themselves are made in protocols/saml and protocols/wsfed,
 * which ask here (through app.ts) for the domain behind an address and for what Entra knows a person by.
 *
 *   clouds.ts            hosts of the public, US government and China clouds, or of a simulator
 *   domain.ts, domains   which root domains are ours, each with an issuer of its own (SEC-31)
 *   identity.ts, identities   UPN and ImmutableID of people; an ImmutableID never changes by itself
 *   tile.ts              the tile in My Apps that stands for all of them
 *   federation/          what is to be said to Entra, worked out without saying it
 *   explainer.ts         Entra's error codes, with cause and fix in our words
 */
export { cloudNames, cloudPresets, hostsOf, readHost, type Cloud, type CloudName } from './clouds.ts'
export { domainOf, federationProtocols, isWithin, mfaBehaviors, readDomain, type DomainSettings, type FederatedDomain, type FederationProtocol, type ManagedDomain, type MfaBehavior } from './domain.ts'
export { createDomains, type DomainChanges, type Domains } from './domains.ts'
export { explain, type Explained, type Explanation } from './explainer.ts'
export { createIdentities, type AssertedIdentity, type Identities, type PersonIdentity, type SetOutcome, type StoredIdentity } from './identities.ts'
export { mintImmutableId, readImmutableId, readUpn, speaksFor, usualUpn, type Identity, type IdentitySource } from './identity.ts'
export { AlertTable, EntraBackupTable, EntraDomainTable, EntraGuideTable, EntraIdentityTable, EntraOperationTable, EntraSetUpTable } from './schema.ts'
export { homeRealmAddress, plainAddress } from './tile.ts'
