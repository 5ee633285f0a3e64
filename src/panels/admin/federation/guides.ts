import type { Guide } from '../federation-part.ts'

export interface OurSide { readonly entityId: string; readonly metadata: string; readonly sso: string; readonly slo: string; readonly certificate: string }

/** What to write into the configuration of well-known service providers; the words around it are in the locale. */
export function samlGuides({ entityId, metadata, sso, slo, certificate }: OurSide): Guide[] {
  const redirect = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
  return [
    guide('mod_auth_mellon', 'mellon', [
      '<Location />', '  AuthType Mellon', '  MellonEnable auth', '  Require valid-user', '  MellonEndpointPath /mellon',
      '  MellonSPMetadataFile /etc/apache2/mellon/sp-metadata.xml', '  MellonSPPrivateKeyFile /etc/apache2/mellon/sp.key', '  MellonSPCertFile /etc/apache2/mellon/sp.cert',
      '  MellonIdPMetadataFile /etc/apache2/mellon/idp-metadata.xml', '</Location>',
    ]),
    guide('Shibboleth SP', 'shibboleth', [
      `<SSO entityID="${entityId}">SAML2</SSO>`, `<MetadataProvider type="XML" url="${metadata}" backingFilePath="idp-metadata.xml" maxRefreshDelay="7200"/>`,
    ]),
    guide('SimpleSAMLphp', 'simplesamlphp', [
      `$metadata['${entityId}'] = [`, `    'SingleSignOnService' => [['Binding' => '${redirect}', 'Location' => '${sso}']],`,
      `    'SingleLogoutService' => [['Binding' => '${redirect}', 'Location' => '${slo}']],`, `    'certData' => '${certificate}',`, '];',
    ]),
  ]
}

function guide(product: string, key: string, lines: readonly string[]): Guide {
  return { product, textKey: `admin.federation.guide.${key}`, id: `guide_${key}`, code: lines.join('\n') }
}
