import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { X509CertificateGenerator } from '@peculiar/x509'

/** A self-signed certificate as base64 of its DER. */
export async function signingCertificate(options: { bits?: number; hash?: 'SHA-1' | 'SHA-256'; curve?: 'P-256'; ended?: boolean } = {}): Promise<string> {
  const { bits = 2_048, hash = 'SHA-256', curve, ended = false } = options
  const algorithm = curve === undefined ? { name: 'RSASSA-PKCS1-v1_5', hash, modulusLength: bits, publicExponent: new Uint8Array([1, 0, 1]) } : { name: 'ECDSA', namedCurve: curve, hash }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as webcrypto.CryptoKeyPair
  const made = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '0102', name: 'CN=sp.example.com', notBefore: new Date('2020-01-01'), notAfter: new Date(ended ? '2021-01-01' : '2040-01-01'), keys,
    signingAlgorithm: curve === undefined ? { name: 'RSASSA-PKCS1-v1_5', hash } : { name: 'ECDSA', hash },
  })
  return Buffer.from(made.rawData).toString('base64')
}

export interface Told { readonly entityId: string; readonly acs: string; readonly slo: string; readonly certificate: string }

const wrapped = (certificate: string): string => `\n${(certificate.match(/.{1,64}/g) ?? []).join('\n')}\n`
const post = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'
const redirect = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const protocol = 'urn:oasis:names:tc:SAML:2.0:protocol'

/** Apache's mod_auth_mellon: one key without use, SOAP beside redirect, Artifact and PAOS beside POST, no white space in the certificate. */
export const mellonStyle = ({ entityId, acs, slo, certificate }: Told): string => `<?xml version="1.0"?>
<EntityDescriptor entityID="${entityId}" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">
 <SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="${protocol}">
   <KeyDescriptor><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
   <SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="${slo}" />
   <SingleLogoutService Binding="${redirect}" Location="${slo}" />
   <NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</NameIDFormat>
   <AssertionConsumerService index="0" isDefault="true" Binding="${post}" Location="${acs}" />
   <AssertionConsumerService index="1" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" Location="${acs}/artifact" />
   <AssertionConsumerService index="2" Binding="urn:oasis:names:tc:SAML:2.0:bindings:PAOS" Location="${acs}/paos" />
 </SPSSODescriptor>
</EntityDescriptor>`

/** Shibboleth's service provider: a comment in front, extensions, two keys with names, indices from 1, several bindings of sign-out. */
export const shibbolethStyle = ({ entityId, acs, slo, certificate }: Told): string => `<!--
This is example metadata only. Do *NOT* supply it as is without review,
and do *NOT* provide it in real time to your partners.
 -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_5f3c" entityID="${entityId}">
  <md:Extensions xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport">
    <alg:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/>
    <alg:SigningMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
  </md:Extensions>
  <md:SPSSODescriptor protocolSupportEnumeration="${protocol} urn:oasis:names:tc:SAML:1.1:protocol">
    <md:Extensions>
      <mdui:UIInfo xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"><mdui:DisplayName xml:lang="en">Library</mdui:DisplayName></mdui:UIInfo>
      <init:RequestInitiator xmlns:init="urn:oasis:names:tc:SAML:profiles:SSO:request-init" Binding="urn:oasis:names:tc:SAML:profiles:SSO:request-init" Location="${acs}/Login"/>
    </md:Extensions>
${['signing', 'encryption'].map((use) => `    <md:KeyDescriptor use="${use}">
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:KeyName>sp.example.com</ds:KeyName><ds:X509Data><ds:X509SubjectName>CN=sp.example.com</ds:X509SubjectName><ds:X509Certificate>${wrapped(certificate)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
      <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"/>
    </md:KeyDescriptor>`).join('\n')}
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="${slo}/SOAP"/>
    <md:SingleLogoutService Binding="${redirect}" Location="${slo}/Redirect"/>
    <md:SingleLogoutService Binding="${post}" Location="${slo}/POST" ResponseLocation="${slo}/Return"/>
    <md:AssertionConsumerService Binding="${post}" Location="${acs}" index="1"/>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST-SimpleSign" Location="${acs}-SimpleSign" index="2"/>
    <md:AssertionConsumerService Binding="${post}" Location="${acs}/second" index="3"/>
    <md:AttributeConsumingService index="1">
      <md:ServiceName xml:lang="en">Library</md:ServiceName>
      <md:RequestedAttribute FriendlyName="mail" Name="urn:oid:0.9.2342.19200300.100.1.3" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri" isRequired="true"/>
      <md:RequestedAttribute FriendlyName="eduPersonOrcid" Name="urn:oid:1.3.6.1.4.1.5923.1.1.1.16" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"/>
    </md:AttributeConsumingService>
  </md:SPSSODescriptor>
</md:EntityDescriptor>`

/** SimpleSAMLphp: md and ds prefixes, signing and encryption apart, POST before Artifact, a contact, an end of validity where asked for. */
export const simpleSamlStyle = ({ entityId, acs, slo, certificate }: Told, more = ''): string => `<?xml version="1.0" encoding="utf-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${entityId}"${more}>
  <md:SPSSODescriptor protocolSupportEnumeration="${protocol}">
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:KeyDescriptor use="encryption"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleLogoutService Binding="${redirect}" Location="${slo}"/>
    <md:AssertionConsumerService Binding="${post}" Location="${acs}" index="0"/>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" Location="${acs}" index="1"/>
  </md:SPSSODescriptor>
  <md:Organization><md:OrganizationName xml:lang="en">Engines</md:OrganizationName><md:OrganizationDisplayName xml:lang="en">Engines Wiki</md:OrganizationDisplayName><md:OrganizationURL xml:lang="en">https://sp.example.com/</md:OrganizationURL></md:Organization>
  <md:ContactPerson contactType="technical"><md:GivenName>Ada</md:GivenName><md:EmailAddress>mailto:ada@example.com</md:EmailAddress></md:ContactPerson>
</md:EntityDescriptor>`

/** AD FS: a WS-Federation role and an identity provider beside the service provider, all in one entity. */
export const adfsStyle = ({ entityId, acs, slo, certificate }: Told): string => {
  const key = (use: string): string => `<KeyDescriptor use="${use}"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`
  return `<EntityDescriptor ID="_0c" entityID="${entityId}" xmlns="urn:oasis:names:tc:SAML:2.0:metadata"><RoleDescriptor xsi:type="fed:ApplicationServiceType" protocolSupportEnumeration="http://docs.oasis-open.org/ws-sx/ws-trust/200512 http://docs.oasis-open.org/wsfed/federation/200706" ServiceDisplayName="Engines" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">${key('encryption')}<fed:ClaimTypesRequested><auth:ClaimType Uri="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress" Optional="true" xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706"><auth:DisplayName>E-Mail Address</auth:DisplayName></auth:ClaimType><auth:ClaimType Uri="http://schemas.example.com/claims/shoe" xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706"/></fed:ClaimTypesRequested><fed:TargetScopes><EndpointReference xmlns="http://www.w3.org/2005/08/addressing"><Address>${entityId}</Address></EndpointReference></fed:TargetScopes><fed:PassiveRequestorEndpoint><EndpointReference xmlns="http://www.w3.org/2005/08/addressing"><Address>${acs}</Address></EndpointReference></fed:PassiveRequestorEndpoint></RoleDescriptor><SPSSODescriptor WantAssertionsSigned="true" protocolSupportEnumeration="${protocol}">${key('encryption')}${key('signing')}<SingleLogoutService Binding="${post}" Location="${slo}"/><SingleLogoutService Binding="${redirect}" Location="${slo}"/><NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat><NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat><AssertionConsumerService Binding="${post}" Location="${acs}" index="0" isDefault="true"/></SPSSODescriptor><IDPSSODescriptor protocolSupportEnumeration="${protocol}">${key('signing')}<SingleSignOnService Binding="${redirect}" Location="${acs}"/></IDPSSODescriptor></EntityDescriptor>`
}
