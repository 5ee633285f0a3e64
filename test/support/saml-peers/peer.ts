/**
 * Software that others wrote and run in production, as SAML service providers beside Doorward: mod_auth_mellon (on lasso),
 * Shibboleth (on OpenSAML, in C++) and SimpleSAMLphp. One file tells what each is to be told, apache.ts runs them, scene.ts
 * introduces them to Doorward and opens a browser.
 *
 * Each protects `/secure/`, whose answer says in X-… headers what the software believes of its visitor.
 */
export type PeerName = 'mellon' | 'shibboleth' | 'simplesamlphp'

/** Where a peer lives, and whom it trusts. */
export interface Place {
  /** `https://mellon.localhost:…` */
  readonly url: string
  /** Its own folder; Apache may write into it. */
  readonly folder: string
  /** PEM files of its own credential. */
  readonly keyFile: string
  readonly certificateFile: string
  readonly idp: { readonly entityId: string; readonly metadataFile: string }
}

/** Files are written; this is what Apache has to be told. */
export interface Prepared {
  readonly modules: readonly string[]
  /** Directives of the whole server, and those of the peer's own virtual host. */
  readonly server: string
  readonly host: string
  readonly entityId: string
  readonly metadataPath: string
  /** The address that begins a sign-out here which Doorward and everybody else hears of. */
  readonly logoutPath: string
  /** A program beside Apache. */
  readonly start?: () => Promise<Daemon>
  /** Log files, for when something goes wrong. */
  readonly logs: readonly string[]
}

export interface Daemon { stop(): Promise<void> }

export interface PeerKind {
  readonly name: PeerName
  /** What this machine has not got of it, or undefined when it runs here. */
  missing(): string | undefined
  prepare(place: Place): Prepared
}

/** LDAP's names as X.500's profile writes them, and the header in which each peer shows what it read. */
export const attributes = {
  mail: 'urn:oid:0.9.2342.19200300.100.1.3', givenName: 'urn:oid:2.5.4.42', sn: 'urn:oid:2.5.4.4', displayName: 'urn:oid:2.16.840.1.113730.3.1.241',
} as const
