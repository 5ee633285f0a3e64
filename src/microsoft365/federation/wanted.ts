import type { ManagedDomain } from '../domain.ts'
import type { FederationConfiguration } from './configuration.ts'

/**
 * What Entra should be told about a domain.
 * @param certificates ours, base64 DER: the active one, and the next one while a roll-over is under way
 */
export function wantedConfiguration(
  domain: Pick<ManagedDomain, 'domain' | 'protocol' | 'issuer' | 'wsTrust' | 'settings'>, publicUrl: string, certificates: { readonly active: string; readonly next: string | null },
): FederationConfiguration {
  const saml = domain.protocol === 'saml'
  // Windows asks for tokens over WS-Trust only where the domain's protocol is WS-Federation (section 2.8).
  const wsTrust = domain.wsTrust && !saml
  return {
    displayName: domain.settings.displayName === '' ? domain.domain : domain.settings.displayName,
    issuerUri: domain.issuer,
    passiveSignInUri: saml ? `${domain.issuer}/saml/sso` : `${domain.issuer}/wsfed`,
    signOutUri: saml ? `${domain.issuer}/saml/slo` : `${domain.issuer}/wsfed?wa=wsignout1.0`,
    // The paths end so that clients recognise the version of WS-Trust by them (section 0.2).
    activeSignInUri: wsTrust ? `${publicUrl}/adfs/services/trust/2005/usernamemixed` : null,
    metadataExchangeUri: wsTrust ? `${publicUrl}/adfs/services/trust/mex` : null,
    preferredAuthenticationProtocol: saml ? 'saml' : 'wsFed',
    // Nobody here has a password that could be asked for again (section 2.1).
    promptLoginBehavior: 'nativeSupport',
    isSignedAuthenticationRequestRequired: saml && domain.settings.signedRequests,
    federatedIdpMfaBehavior: domain.settings.mfaBehavior,
    signingCertificate: certificates.active,
    nextSigningCertificate: certificates.next,
  }
}
