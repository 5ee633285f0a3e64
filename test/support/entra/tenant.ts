import { randomUUID } from 'node:crypto'

export type MfaBehavior = 'acceptIfMfaDoneByFederatedIdp' | 'enforceMfaByFederatedIdp' | 'rejectMfaByFederatedIdp'

/** What Graph calls internalDomainFederation. */
export interface Federation {
  readonly id: string
  displayName?: string
  issuerUri: string
  metadataExchangeUri?: string
  /** Base64 of DER, as Graph carries it. */
  signingCertificate: string
  nextSigningCertificate?: string | null
  passiveSignInUri: string
  activeSignInUri?: string
  signOutUri?: string
  passwordResetUri?: string
  preferredAuthenticationProtocol: 'wsFed' | 'saml'
  promptLoginBehavior?: 'translateToFreshPasswordAuthentication' | 'nativeSupport' | 'disabled'
  isSignedAuthenticationRequestRequired?: boolean
  federatedIdpMfaBehavior?: MfaBehavior
}

export interface Domain {
  readonly name: string
  readonly tenantId: string
  isVerified: boolean
  isDefault: boolean
  /** The onmicrosoft.com one, which can never be federated. */
  readonly isInitial: boolean
  isRoot: boolean
  authenticationType: 'Managed' | 'Federated'
  federation?: Federation
  /** Left half federated by the failure that the switch `stuckAfterMissingCertificate` plays. */
  isStuck: boolean
}

export interface User {
  readonly id: string
  readonly tenantId: string
  userPrincipalName: string
  displayName: string
  accountEnabled: boolean
  onPremisesImmutableId?: string | null
  onPremisesSyncEnabled: boolean
  mail?: string | null
  /** Names as the portal shows them: `Global Administrator`. */
  directoryRoles: string[]
  /** Every sign-in of this user needs a second factor. */
  requiresMfa: boolean
  /** Where the user may prove a second factor outside of Entra. */
  readonly externalMethods: { readonly id: string; readonly configurationId: string; readonly displayName: string }[]
  readonly passkeys: UserPasskey[]
  accessPass?: { readonly code: string; readonly minutes: number; readonly once: boolean }
  signInSessionsValidFrom: number
  readonly createdAt: number
}

/** A registered key, with what it was judged by. */
export interface UserPasskey {
  readonly id: string
  readonly displayName: string
  readonly createdAt: number
  readonly aaguid: string
  readonly format: string
  readonly clientDataJSON: string
  readonly attestationObject: string
  readonly challenge: string
  readonly rpId: string
}

/** What Graph calls fido2AuthenticationMethodConfiguration, and what only the service knows. */
export interface PasskeyPolicy {
  state: 'enabled' | 'disabled'
  isSelfServiceRegistrationAllowed: boolean
  isAttestationEnforced: boolean
  keyRestrictions: { isEnforced: boolean; enforcementType: 'allow' | 'block'; aaGuids: string[] }
  includeTargets: { readonly targetType: string; readonly id: string }[]
  rpId: string
  accessPasses: boolean
}

export interface Application {
  readonly appId: string
  readonly displayName: string
  /** PEM; what the application may sign its client assertions with. */
  readonly certificates: string[]
  readonly redirectUris: string[]
  /** Application permissions that an administrator consented to. */
  readonly roles: string[]
  /** Delegated permissions that may be asked for. */
  readonly scopes: string[]
  isPublicClient: boolean
  /** Whether its service principal is in the tenant. */
  isConsented: boolean
}

export interface ConditionalAccessPolicy {
  readonly id: string
  readonly displayName: string
  readonly state: 'enabled' | 'disabled' | 'enabledForReportingButNotEnforced'
  readonly conditions: { readonly users: { readonly includeUsers: readonly string[]; readonly excludeUsers: readonly string[] } }
  readonly grantControls: {
    readonly operator: 'AND' | 'OR'
    readonly builtInControls: readonly string[]
    readonly authenticationStrength?: { readonly id: string; readonly displayName: string; readonly allowedCombinations: readonly string[] }
  } | null
}

export interface ExternalMethod {
  readonly id: string
  readonly displayName: string
  state: 'enabled' | 'disabled'
  appId: string
  openIdConnectSetting: { clientId: string; discoveryUrl: string }
  includeTargets: readonly { readonly targetType: string; readonly id: string }[]
}

export interface Tenant {
  readonly id: string
  readonly displayName: string
  readonly users: User[]
  readonly applications: Application[]
  readonly conditionalAccess: ConditionalAccessPolicy[]
  readonly externalMethods: ExternalMethod[]
  readonly passkeyPolicy: PasskeyPolicy
  /** Stands for a Conditional Access policy over everybody. */
  readonly policy: { requireMfa: boolean; signInFrequencyMinutes?: number }
}

export interface Directory {
  readonly tenants: Tenant[]
  readonly domains: Domain[]
  addTenant(tenant?: Partial<Pick<Tenant, 'id' | 'displayName'>> & { readonly initialDomain?: string }): Tenant
  addDomain(tenant: Tenant, name: string, domain?: Partial<Omit<Domain, 'name' | 'tenantId' | 'federation'>> & { readonly federation?: Partial<Federation> }): Domain
  addUser(tenant: Tenant, userPrincipalName: string, user?: Partial<Omit<User, 'tenantId' | 'userPrincipalName'>>): User
  addApplication(tenant: Tenant, application?: Partial<Application>): Application
  /** External MFA as an administrator sets it up; users are registered for it one by one. */
  addExternalMethod(tenant: Tenant, method: Pick<ExternalMethod, 'appId' | 'openIdConnectSetting'> & Partial<ExternalMethod>, ...users: readonly User[]): ExternalMethod
  findTenant(id: string): Tenant | undefined
  /** The tenant by id or by the name of one of its verified domains. */
  tenantOfPath(idOrDomain: string): Tenant | undefined
  findDomain(name: string): Domain | undefined
  /** The domain of a UPN's suffix, if some tenant has it. */
  domainOfUpn(upn: string): Domain | undefined
  /** The domain whose federation serves this one: itself, or the root above it that it inherits from. */
  ruling(domain: Domain): Domain
  /** Every domain that the federation of this root serves. */
  ruledBy(root: Domain): Domain[]
  /** Ordinal comparison over all tenants: an issuer is unique in the whole of Entra. */
  findByIssuer(issuer: string): Domain | undefined
  findUser(tenant: Tenant, idOrUpn: string): User | undefined
  findByImmutableId(tenant: Tenant, immutableId: string): User | undefined
}

/** The state of all tenants. It holds no rules; those who change it through Graph meet the rules there. */
export function createDirectory(now: () => number): Directory {
  const tenants: Tenant[] = []
  const domains: Domain[] = []
  const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase()

  const directory: Directory = {
    tenants, domains,
    addTenant({ id = randomUUID(), displayName = 'Corp', initialDomain = `${id.slice(0, 8)}.onmicrosoft.com` } = {}) {
      const tenant: Tenant = { id, displayName, users: [], applications: [], conditionalAccess: [], externalMethods: [], passkeyPolicy: usualPasskeyPolicy(), policy: { requireMfa: false } }
      tenants.push(tenant)
      directory.addDomain(tenant, initialDomain, { isInitial: true, isDefault: true })
      return tenant
    },
    addDomain(tenant, name, { federation, ...given } = {}) {
      const parent = domains.find((other) => other.tenantId === tenant.id && name.endsWith(`.${other.name}`))
      const domain: Domain = {
        name, tenantId: tenant.id, isVerified: true, isDefault: false, isInitial: false, isRoot: parent === undefined, isStuck: false,
        authenticationType: federation || parent?.authenticationType === 'Federated' ? 'Federated' : 'Managed', ...given,
        ...(federation && { federation: { ...plainFederation(name), ...federation } }),
      }
      domains.push(domain)
      return domain
    },
    addUser(tenant, userPrincipalName, given = {}) {
      const user: User = {
        id: randomUUID(), tenantId: tenant.id, userPrincipalName, displayName: userPrincipalName.split('@')[0] ?? '', accountEnabled: true, onPremisesSyncEnabled: false,
        directoryRoles: [], requiresMfa: false, externalMethods: [], passkeys: [], signInSessionsValidFrom: 0, createdAt: now(), ...given,
      }
      tenant.users.push(user)
      return user
    },
    addApplication(tenant, given = {}) {
      const application: Application = {
        appId: randomUUID(), displayName: 'Application', certificates: [], redirectUris: [], roles: [], scopes: [], isPublicClient: false, isConsented: true, ...given,
      }
      tenant.applications.push(application)
      return application
    },
    addExternalMethod(tenant, given, ...users) {
      const method: ExternalMethod = { id: randomUUID(), displayName: 'Corp MFA', state: 'enabled', includeTargets: [{ targetType: 'group', id: 'all_users' }], ...given }
      tenant.externalMethods.push(method)
      for (const user of users) user.externalMethods.push({ id: randomUUID(), configurationId: method.id, displayName: method.displayName })
      return method
    },
    findTenant: (id) => tenants.find((tenant) => same(tenant.id, id)),
    tenantOfPath: (idOrDomain) => directory.findTenant(idOrDomain) ?? directory.findTenant(domains.find(({ name, isVerified }) => isVerified && same(name, idOrDomain))?.tenantId ?? ''),
    findDomain: (name) => domains.find((domain) => same(domain.name, name)),
    domainOfUpn: (upn) => directory.findDomain(upn.slice(upn.lastIndexOf('@') + 1)),
    ruling(domain) {
      if (domain.isRoot || domain.federation) return domain
      const above = domains.filter((other) => other.isRoot && other.tenantId === domain.tenantId && domain.name.endsWith(`.${other.name}`))
      return above.sort((left, right) => right.name.length - left.name.length)[0] ?? domain
    },
    ruledBy: (root) => domains.filter((domain) => domain.isVerified && directory.ruling(domain) === root),
    findByIssuer: (issuer) => domains.find(({ federation }) => federation?.issuerUri === issuer),
    findUser: (tenant, idOrUpn) => tenant.users.find(({ id, userPrincipalName }) => id === idOrUpn || same(userPrincipalName, idOrUpn)),
    findByImmutableId: (tenant, immutableId) => tenant.users.find(({ onPremisesImmutableId }) => onPremisesImmutableId === immutableId),
  }
  return directory
}

function plainFederation(domain: string): Federation {
  return { id: randomUUID(), issuerUri: `https://idp.example/fed/${domain}`, signingCertificate: '', passiveSignInUri: 'https://idp.example/fed', preferredAuthenticationProtocol: 'saml' }
}

function usualPasskeyPolicy(): PasskeyPolicy {
  return {
    state: 'enabled', isSelfServiceRegistrationAllowed: true, isAttestationEnforced: false, keyRestrictions: { isEnforced: false, enforcementType: 'allow', aaGuids: [] }, includeTargets: [{ targetType: 'group', id: 'all_users' }],
    rpId: 'login.microsoft.com', accessPasses: true,
  }
}
