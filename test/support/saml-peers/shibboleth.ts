import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attributes, type Daemon, type PeerKind, type Place } from './peer.ts'

const [module, program, configuration] = ['/usr/lib/apache2/modules/mod_shib.so', '/usr/sbin/shibd', '/etc/shibboleth']

// The others send by Redirect: only here does Doorward read signatures that others wrote into XML.
const post = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'

/** Shibboleth's service provider: an Apache module and the daemon that reads the messages. It sends by POST, signs its requests and can decrypt. */
export const shibboleth: PeerKind = {
  name: 'shibboleth',
  missing: () => ([module, program, `${configuration}/protocols.xml`].every((file) => existsSync(file)) ? undefined : 'Shibboleth is not installed here'),
  prepare(place) {
    const { url, folder } = place
    for (const logger of ['shibd.logger', 'native.logger']) {
      writeFileSync(join(folder, logger), readFileSync(join(configuration, logger), 'utf8').replaceAll(/\/var\/log\/(shibboleth|apache2)/g, folder))
    }
    writeFileSync(join(folder, 'attribute-map.xml'), attributeMap)
    writeFileSync(join(folder, 'shibboleth2.xml'), configure(place))
    return {
      modules: [`mod_shib ${module}`], entityId: `${url}/sp`, metadataPath: '/Shibboleth.sso/Metadata', logoutPath: `/Shibboleth.sso/Logout?return=${encodeURIComponent(`${url}/`)}`,
      logs: [join(folder, 'shibd.log'), join(folder, 'native.log')],
      // Otherwise it takes "Require valid-user" away from the modules beside it.
      server: `ShibCompatValidUser On\nShibConfig ${join(folder, 'shibboleth2.xml')}`,
      host: `
UseCanonicalName On
<Location /Shibboleth.sso>
  AuthType None
  Require all granted
  SetHandler shib
</Location>
<Location /secure>
  AuthType shibboleth
  ShibRequestSetting requireSession 1
  Require shib-session
  Header set X-Name-Id "expr=%{REMOTE_USER}"
  ${Object.keys(attributes).map((name) => `Header set X-${name} "%{${name}}e"`).join('\n  ')}
</Location>`,
      start: () => startDaemon(folder),
    }
  },
}

async function startDaemon(folder: string): Promise<Daemon> {
  const asRoot = process.getuid?.() === 0
  const child = spawn(program, ['-F', '-c', join(folder, 'shibboleth2.xml'), '-p', join(folder, 'shibd.pid'), ...(asRoot ? ['-u', 'www-data', '-g', 'www-data'] : [])], { stdio: 'ignore' })
  const ended = new Promise<void>((done) => { child.once('close', () => { done() }) })
  for (let waited = 0; !existsSync(join(folder, 'shibd.sock')); waited += 50) {
    if (child.exitCode !== null || waited > 10_000) {
      child.kill('SIGKILL')
      throw new Error(`shibd does not start: ${existsSync(join(folder, 'shibd.log')) ? readFileSync(join(folder, 'shibd.log'), 'utf8') : 'it says nothing'}`)
    }
    await new Promise((done) => { setTimeout(done, 50) })
  }
  return {
    async stop() {
      child.kill()
      await ended
    },
  }
}

const attributeMap = `<Attributes xmlns="urn:mace:shibboleth:2.0:attribute-map" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Attribute name="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" id="persistent-id">
    <AttributeDecoder xsi:type="NameIDAttributeDecoder" formatter="$Name"/>
  </Attribute>
  ${Object.entries(attributes).map(([name, oid]) => `<Attribute name="${oid}" id="${name}"/>`).join('\n  ')}
</Attributes>`

function configure({ url, folder, keyFile, certificateFile, idp }: Place): string {
  const credential = (use: string): string => `<CredentialResolver type="File" use="${use}" key="${keyFile}" certificate="${certificateFile}"/>`
  return `<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config" clockSkew="60">
  <OutOfProcess logger="${folder}/shibd.logger"/>
  <InProcess logger="${folder}/native.logger"/>
  <UnixListener address="${folder}/shibd.sock"/>
  <ApplicationDefaults entityID="${url}/sp" REMOTE_USER="persistent-id" signing="true">
    <Sessions lifetime="28800" timeout="3600" relayState="ss:mem" checkAddress="false" handlerSSL="true" cookieProps="https" sameSiteSession="None" redirectLimit="exact">
      <SSO entityID="${idp.entityId}" outgoingBindings="${post}">SAML2</SSO>
      <Logout outgoingBindings="${post}">SAML2 Local</Logout>
      <Handler type="MetadataGenerator" Location="/Metadata" signing="false"/>
    </Sessions>
    <Errors supportContact="nobody@localhost"/>
    <MetadataProvider type="XML" validate="true" path="${idp.metadataFile}"/>
    <AttributeExtractor type="XML" validate="true" reloadChanges="false" path="${folder}/attribute-map.xml"/>
    ${credential('signing')}
    ${credential('encryption')}
  </ApplicationDefaults>
  <SecurityPolicyProvider type="XML" validate="true" path="${configuration}/security-policy.xml"/>
  <ProtocolProvider type="XML" validate="true" reloadChanges="false" path="${configuration}/protocols.xml"/>
</SPConfig>`
}
