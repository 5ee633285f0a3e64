import { existsSync } from 'node:fs'
import { attributes, type PeerKind } from './peer.ts'

const module = '/usr/lib/apache2/modules/mod_auth_mellon.so'

/** mod_auth_mellon: an Apache module on the library lasso. It writes its metadata by itself and signs its requests. */
export const mellon: PeerKind = {
  name: 'mellon',
  missing: () => (existsSync(module) ? undefined : 'mod_auth_mellon is not installed here'),
  prepare: ({ url, folder, keyFile, certificateFile, idp }) => ({
    modules: [`auth_mellon_module ${module}`], server: `MellonLockFile ${folder}/lock`, entityId: `${url}/sp`, metadataPath: '/mellon/metadata', logoutPath: `/mellon/logout?ReturnTo=${encodeURIComponent(`${url}/`)}`, logs: [],
    host: `
<Location />
  MellonEnable info
  MellonEndpointPath /mellon
  MellonSPentityId ${url}/sp
  MellonSPPrivateKeyFile ${keyFile}
  MellonSPCertFile ${certificateFile}
  MellonIdPMetadataFile ${idp.metadataFile}
  MellonSecureCookie On
  MellonCookieSameSite none
  ${Object.entries(attributes).map(([name, oid]) => `MellonSetEnvNoPrefix person_${name} ${oid}`).join('\n  ')}
</Location>
<Location /secure>
  AuthType Mellon
  MellonEnable auth
  Require valid-user
  Header set X-Name-Id "%{MELLON_NAME_ID}e"
  ${Object.keys(attributes).map((name) => `Header set X-${name} "%{person_${name}}e"`).join('\n  ')}
</Location>`,
  }),
}
