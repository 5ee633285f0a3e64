import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './port.ts'

const program = '/usr/sbin/apache2'
const modules = '/usr/lib/apache2/modules'

/** Why Apache with mod_auth_openidc does not run here, or undefined when it can. */
export function apacheMissing(): string | undefined {
  return existsSync(program) && existsSync(`${modules}/mod_auth_openidc.so`) ? undefined : 'Apache with mod_auth_openidc is not installed here'
}

export interface Apache {
  readonly url: string
  start(client: { issuer: string; clientId: string; secret: string }): Promise<void>
  errors(): string
  stop(): void
}

/**
 * Apache on loopback with one page that mod_auth_openidc protects. What it learned of the visitor comes back as response
 * headers: X-User, X-Name, X-Email.
 */
export async function prepareApache(): Promise<Apache> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const folder = mkdtempSync(join(tmpdir(), 'doorward-apache-'))
  chmodSync(folder, 0o755)
  const pages = join(folder, 'pages/secure')
  mkdirSync(pages, { recursive: true })
  writeFileSync(join(pages, 'index.html'), '<!doctype html><title>Wiki</title><p>Welcome to the wiki</p>')
  const configuration = join(folder, 'httpd.conf')
  const log = join(folder, 'error.log')
  const control = (action: string): void => {
    const { status, stderr } = spawnSync(program, ['-f', configuration, '-k', action], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`apache2 -k ${action} failed: ${stderr}${existsSync(log) ? readFileSync(log, 'utf8') : ''}`)
  }

  return {
    url,
    async start({ issuer, clientId, secret }) {
      writeFileSync(configuration, `
ServerRoot ${folder}
PidFile ${join(folder, 'httpd.pid')}
Mutex file:${folder} default
ServerName localhost
ErrorLog ${log}
LogLevel info
Listen 127.0.0.1:${port}
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
${['mpm_prefork', 'authn_core', 'authz_core', 'authz_user', 'alias', 'dir', 'mime', 'headers', 'socache_shmcb', 'auth_openidc'].map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
TypesConfig /etc/mime.types
StartServers 2
DocumentRoot ${join(folder, 'pages')}
DirectoryIndex index.html
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}
OIDCClientSecret ${secret}
OIDCRedirectURI ${url}/secure/callback
OIDCCryptoPassphrase only-for-this-test
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
<Location /secure>
  AuthType openid-connect
  Require valid-user
  Header set X-User "%{OIDC_CLAIM_sub}e"
  Header set X-Name "%{OIDC_CLAIM_name}e"
  Header set X-Email "%{OIDC_CLAIM_email}e"
</Location>
`)
      control('start')
      for (let waited = 0; waited < 5_000; waited += 100) {
        const up = await fetch(url).then(() => true, () => false)
        if (up) return
        await new Promise((resolve) => { setTimeout(resolve, 100) })
      }
      throw new Error(`Apache does not answer: ${readFileSync(log, 'utf8')}`)
    },
    errors: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    stop() {
      if (existsSync(join(folder, 'httpd.pid'))) control('stop')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
