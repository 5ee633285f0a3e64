'use strict'
/** Programs that tests run beside Doorward, from Debian's packages: a browser, PostgreSQL, and the software of others that signs in with it. */
const { spawnSync } = require('node:child_process')
const { existsSync, readFileSync, readdirSync, rmSync, writeFileSync, chmodSync } = require('node:fs')
const { join } = require('node:path')

const policyFile = '/usr/sbin/policy-rc.d'

const tools = [
  { packages: ['chromium'], forTests: 'pages in a real browser', present: () => chromium() !== undefined },
  { packages: ['firefox-esr'], forTests: 'the browser extension in Firefox', present: () => existsSync('/usr/bin/firefox-esr') || existsSync('/usr/bin/firefox') },
  { packages: ['xvfb', 'xdotool'], forTests: 'questions that a browser asks outside of pages', present: () => existsSync('/usr/bin/Xvfb') && existsSync('/usr/bin/xdotool') },
  { packages: ['postgresql'], forTests: 'everything on PostgreSQL', present: () => postgres() !== undefined },
  { packages: ['apache2', 'libapache2-mod-auth-openidc'], forTests: 'Apache as a relying party', present: () => existsSync('/usr/sbin/apache2') && existsSync('/usr/lib/apache2/modules/mod_auth_openidc.so') },
  { packages: ['apache2', 'libapache2-mod-auth-mellon'], forTests: 'Apache as a SAML service provider', present: () => existsSync('/usr/sbin/apache2') && existsSync('/usr/lib/apache2/modules/mod_auth_mellon.so') },
  { packages: ['apache2', 'libapache2-mod-shib', 'shibboleth-sp-utils'], forTests: 'Shibboleth as a SAML service provider', present: () => existsSync('/usr/sbin/shibd') && existsSync('/usr/lib/apache2/modules/mod_shib.so') },
  {
    // Apache's module before anything that asks for "a PHP", or php-fpm comes too.
    packages: ['apache2', 'libapache2-mod-php', 'simplesamlphp', 'php-xml', 'php-mbstring', 'php-curl', 'php-sqlite3'], forTests: 'SimpleSAMLphp as a SAML service provider',
    present: () => existsSync('/usr/share/simplesamlphp/www') && php() !== undefined,
  },
  { packages: ['slapd', 'ldap-utils'], forTests: 'OpenLDAP as a directory', present: () => existsSync('/usr/sbin/slapd') && existsSync('/usr/lib/ldap/ppolicy.so') && existsSync('/usr/bin/ldapsearch') },
  {
    packages: ['samba', 'samba-ad-dc', 'samba-ad-provision', 'samba-dsdb-modules', 'samba-vfs-modules', 'winbind', 'ldb-tools'], forTests: 'Samba as an Active Directory',
    present: () => ['/usr/sbin/samba', '/usr/bin/samba-tool', '/usr/bin/ldbadd', '/usr/share/samba/setup'].every((path) => existsSync(path)),
  },
  { packages: ['xmlsec1'], forTests: 'signatures as libxmlsec sees them', present: () => existsSync('/usr/bin/xmlsec1') },
  { packages: ['oathtool'], forTests: 'codes of an authenticator app as OATH Toolkit makes them', present: () => existsSync('/usr/bin/oathtool') },
  { packages: ['libxml2-utils', 'opensaml-schemas'], forTests: "messages against the standards' schemas", present: () => existsSync('/usr/bin/xmllint') && existsSync('/usr/share/xml/opensaml') },
  { packages: ['python3-fido2'], forTests: "Yubico's library as a site and as a program with a security key", present: () => existsSync('/usr/bin/python3') && existsSync('/usr/lib/python3/dist-packages/fido2') },
  { packages: ['python3-msal'], forTests: "Microsoft's own client library", present: () => existsSync('/usr/bin/python3') && existsSync('/usr/lib/python3/dist-packages/msal') },
  { packages: ['iproute2', 'util-linux'], forTests: 'networks of their own between phone and computer', present: () => ['/usr/sbin/ip', '/sbin/ip', '/bin/ip'].some((path) => existsSync(path)) && existsSync('/usr/bin/unshare') },
  { packages: ['fonts-dejavu-core', 'fonts-noto-core'], forTests: 'pictures of pages', present: () => existsSync('/usr/share/fonts/truetype/dejavu') && existsSync('/usr/share/fonts/truetype/noto') },
]

function chromium() {
  return [process.env.DOORWARD_TEST_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path))
}

function postgres() {
  const base = '/usr/lib/postgresql'
  const versions = existsSync(base) ? readdirSync(base).filter((name) => existsSync(join(base, name, 'bin/initdb'))).sort((a, b) => Number(b) - Number(a)) : []
  return versions[0] === undefined ? undefined : join(base, versions[0], 'bin')
}

/** Apache's PHP, whatever its version. */
function php() {
  const modules = '/usr/lib/apache2/modules'
  const name = existsSync(modules) ? readdirSync(modules).find((file) => /^libphp\d[\d.]*\.so$/.test(file)) : undefined
  return name === undefined ? undefined : join(modules, name)
}

function ensureTestTools(say) {
  const missing = tools.filter((tool) => !tool.present())
  if (missing.length === 0) return
  const packages = [...new Set(missing.flatMap((tool) => tool.packages))]
  const prefix = process.getuid?.() === 0 ? [] : canSudo() ? ['sudo', '-n'] : undefined
  if (!existsSync('/usr/bin/apt-get') || prefix === undefined) return report(say, missing, 'this needs apt-get and the right to use it')
  say(`Installing for the tests: ${packages.join(' ')} …`)
  withoutServices(prefix, () => {
    const get = (...rest) => spawnSync(prefix[0] ?? 'apt-get', [...prefix.slice(1), ...(prefix.length > 0 ? ['apt-get'] : []), ...rest], {
      stdio: ['ignore', 'ignore', 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0
    const args = ['install', '-y', '-q', '--no-install-recommends', ...packages]
    if (!get(...args)) {
      get('update', '-q')
      get(...args)
    }
  })
  const still = tools.filter((tool) => !tool.present())
  if (still.length > 0) report(say, still, 'the packages could not be installed')
}

function canSudo() {
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
}

/** Debian starts what it installs; tests start their own servers on their own ports, so nothing may be started here. */
function withoutServices(prefix, work) {
  if (prefix.length > 0) return work()
  const before = existsSync(policyFile) ? readFileSync(policyFile, 'utf8') : undefined
  writeFileSync(policyFile, '#!/bin/sh\nexit 101\n')
  chmodSync(policyFile, 0o755)
  try {
    work()
  } finally {
    if (before === undefined) rmSync(policyFile, { force: true })
    else writeFileSync(policyFile, before)
  }
}

function report(say, missing, reason) {
  for (const tool of missing) say(`Not here: ${tool.packages.join(', ')} (${reason}). Tests of ${tool.forTests} will be skipped.`)
}

module.exports = { ensureTestTools, chromium, postgres }
