import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attributes, type PeerKind, type Place } from './peer.ts'
import { openFolder } from './apache.ts'

const [program, modules] = ['/usr/share/simplesamlphp', '/usr/lib/apache2/modules']
const php = (): string | undefined => (existsSync(modules) ? readdirSync(modules).find((name) => /^libphp\d[\d.]*\.so$/.test(name)) : undefined)

/** SimpleSAMLphp as a service provider inside an application of a few lines of PHP. It signs all that it sends. */
export const simplesamlphp: PeerKind = {
  name: 'simplesamlphp',
  missing: () => (existsSync(`${program}/www`) && php() !== undefined ? undefined : 'SimpleSAMLphp with PHP for Apache is not installed here'),
  prepare(place) {
    const { folder } = place
    for (const name of ['log', 'data', 'tmp']) openFolder(join(folder, name))
    mkdirSync(join(folder, 'metadata'))
    const settings = { 'config.php': configuration(place), 'authsources.php': sources(place) }
    for (const [name, text] of Object.entries(settings)) writeFileSync(join(folder, name), text)
    const pages = join(folder, 'pages')
    mkdirSync(join(pages, 'secure'), { recursive: true })
    writeFileSync(join(pages, 'secure/index.php'), protectedPage)
    writeFileSync(join(pages, 'leave.php'), leavingPage(place))
    writeFileSync(join(pages, 'index.html'), '<!doctype html><title>simplesamlphp</title><p>Nobody in particular</p>')
    return {
      modules: [`php_module ${modules}/${php() ?? ''}`], server: '', entityId: `${place.url}/sp`, metadataPath: '/simplesaml/module.php/saml/sp/metadata.php/default-sp', logoutPath: '/leave.php',
      logs: [join(folder, 'log/simplesamlphp.log')],
      host: `
DocumentRoot ${pages}
SetEnv SIMPLESAMLPHP_CONFIG_DIR ${folder}
Alias /simplesaml ${program}/www
<Directory ${program}/www>
  Require all granted
</Directory>
<FilesMatch "\\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>`,
    }
  },
}

const asPhp = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

function configuration({ url, folder, idp }: Place): string {
  const texts = {
    baseurlpath: `${url}/simplesaml/`, certdir: `${folder}/`, loggingdir: `${folder}/log/`, datadir: `${folder}/data/`, tempdir: `${folder}/tmp`, metadatadir: `${folder}/metadata/`,
    attributenamemapdir: '/etc/simplesamlphp/attributemap/', secretsalt: 'only-for-this-test', 'auth.adminpassword': 'only-for-this-test', timezone: 'UTC', technicalcontact_email: 'nobody@localhost',
    'logging.handler': 'file', 'store.type': 'sql', 'store.sql.dsn': `sqlite:${folder}/data/sessions.sqlite`, 'session.cookie.samesite': 'None', 'session.phpsession.cookiename': 'simplesamlphp',
  }
  return `<?php
$config = [
${Object.entries(texts).map(([name, text]) => `  ${asPhp(name)} => ${asPhp(text)},`).join('\n')}
  'session.cookie.secure' => true,
  'logging.level' => SimpleSAML\\Logger::INFO,
  'admin.checkforupdates' => false,
  'trusted.url.domains' => [],
  'module.enable' => ['core' => true, 'saml' => true],
  'metadata.sources' => [['type' => 'xml', 'file' => ${asPhp(idp.metadataFile)}]],
];
`
}

const sources = ({ url, keyFile, certificateFile, idp }: Place): string => `<?php
$config = ['default-sp' => [
  'saml:SP',
  'entityID' => ${asPhp(`${url}/sp`)},
  'idp' => ${asPhp(idp.entityId)},
  'privatekey' => ${asPhp(keyFile)},
  'certificate' => ${asPhp(certificateFile)},
  'sign.authnrequest' => true,
  'sign.logout' => true,
  'redirect.sign' => true,
  'redirect.validate' => true,
  'WantAssertionsSigned' => true,
]];
`

const protectedPage = `<?php
require '${program}/lib/_autoload.php';
$source = new \\SimpleSAML\\Auth\\Simple('default-sp');
$source->requireAuth();
$of = $source->getAttributes();
header('X-Name-Id: ' . $source->getAuthData('saml:sp:NameID')->getValue());
foreach (json_decode('${JSON.stringify(attributes)}') as $name => $oid) header("X-$name: " . implode(';', $of[$oid] ?? []));
?><!doctype html><title>simplesamlphp</title><p>Welcome to simplesamlphp</p>
`

const leavingPage = ({ url }: Place): string => `<?php
require '${program}/lib/_autoload.php';
(new \\SimpleSAML\\Auth\\Simple('default-sp'))->logout(['ReturnTo' => ${asPhp(`${url}/`)}, 'ReturnStateParam' => 'state', 'ReturnStateStage' => 'left']);
`
