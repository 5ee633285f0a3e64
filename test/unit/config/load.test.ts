import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeProblems, describeSettings, loadConfig, loadSettings, readConfig, suggest } from '../../../src/config/index.ts'

const problemsOf = (yaml: string, environment: Record<string, string> = {}) => readConfig(yaml, environment).problems.map(({ option, text }) => `${option} ${text}`)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorward-config-'))
  mkdirSync(join(folder, 'config'))
  writeFileSync(join(folder, 'config/doorward.yaml'), 'http:\n  port: 9000\nsmtp:\n  fromName: Wiki\n')
  writeFileSync(join(folder, 'smtp-url'), 'smtps://ada:hunter2hunter2@mail.example.com\n')
})
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

describe('reading settings', () => {
  it('takes the environment before the file and the file before the default, and knows which', () => {
    const { config, sources } = readConfig('http:\n  port: 9000\n  host: 0.0.0.0\n', { DOORWARD_HTTP_PORT: '9001' })
    expect(config.http).toMatchObject({ port: 9001, host: '0.0.0.0', maxConnections: 2_000 })
    expect([sources.get('http.port'), sources.get('http.host'), sources.get('http.maxConnections')]).toEqual(['DOORWARD_HTTP_PORT', 'file', 'default'])
  })

  it('reads lists and names with values from the environment', () => {
    const { config, problems } = readConfig('', { DOORWARD_HTTP_TRUSTED_PROXIES: '10.0.0.0/8, ::1', DOORWARD_SMS_HEADERS: '{"Authorization":"Bearer x"}' })
    expect(problems).toEqual([])
    expect(config.http.trustedProxies).toEqual(['10.0.0.0/8', '::1'])
    expect(config.sms.headers).toEqual({ Authorization: 'Bearer x' })
  })

  it('follows the port with the public URL, unless one is given', () => {
    expect(loadSettings({ DOORWARD_HTTP_PORT: '9000' }, '/nowhere').config.publicUrl).toBe('http://localhost:9000')
    expect(loadSettings({ DOORWARD_HTTP_PORT: '9000', DOORWARD_PUBLIC_URL: 'https://id.example.com' }, '/nowhere').config.publicUrl).toBe('https://id.example.com')
    expect(loadSettings({}, '/nowhere').config.publicUrl).toBe('http://localhost:8080')
  })

  it('takes an empty variable for "nothing" where nothing is a value', () => {
    expect(readConfig('smtp:\n  url: smtp://mail.example.com\n', { DOORWARD_SMTP_URL: '' }).config.smtp.url).toBeNull()
  })

  it('cannot be changed afterwards', () => {
    const { config } = readConfig('', {})
    expect(() => { Object.assign(config.http, { port: 1 }) }).toThrow(TypeError)
    expect(() => { (config.outbound.allow as string[]).push('*') }).toThrow(TypeError)
  })

  it('reads a secret from the file that <NAME>_FILE names, without the line end', () => {
    const { config, sources } = readConfig('', { DOORWARD_SMTP_URL_FILE: join(folder, 'smtp-url') })
    expect(config.smtp.url).toBe('smtps://ada:hunter2hunter2@mail.example.com')
    expect(sources.get('smtp.url')).toBe('DOORWARD_SMTP_URL_FILE')
  })

  it('refuses a secret file that is missing, beside the variable itself, or for what is no secret', () => {
    expect(problemsOf('', { DOORWARD_SMTP_URL_FILE: join(folder, 'nowhere') })).toEqual([expect.stringMatching(/^DOORWARD_SMTP_URL_FILE cannot be read: ENOENT/)])
    expect(problemsOf('', { DOORWARD_SMTP_URL_FILE: join(folder, 'smtp-url'), DOORWARD_SMTP_URL: 'smtp://x.example' })).toEqual([
      'DOORWARD_SMTP_URL_FILE must not be set together with DOORWARD_SMTP_URL; keep one of them',
    ])
    expect(problemsOf('', { DOORWARD_HTTP_PORT_FILE: join(folder, 'smtp-url') })).toEqual(['DOORWARD_HTTP_PORT_FILE is not an option; did you mean DOORWARD_HTTP_PORT?'])
  })
})

describe('loading settings', () => {
  it('starts relative paths at the given folder, wherever the process runs', () => {
    const config = loadConfig({ DOORWARD_SECRET_KEY_FILE: 'keys/secret.key', DOORWARD_OUTBOUND_CA_FILE: '/etc/ca.pem' }, folder)
    expect([config.dataDir, config.secretKeyFile, config.outbound.caFile]).toEqual([join(folder, 'data'), join(folder, 'keys/secret.key'), '/etc/ca.pem'])
    expect(Object.isFrozen(config) && Object.isFrozen(config.outbound)).toBe(true)
  })

  it('reads config/doorward.yaml, or what DOORWARD_CONFIG names', () => {
    expect(loadSettings({}, folder)).toMatchObject({ file: 'config/doorward.yaml', config: { http: { port: 9000 } } })
    writeFileSync(join(folder, 'other.yaml'), 'http: { port: 9002 }')
    expect(loadSettings({ DOORWARD_CONFIG: 'other.yaml' }, folder).config.http.port).toBe(9002)
    expect(() => loadConfig({ DOORWARD_CONFIG: 'nowhere.yaml' }, folder)).toThrow('The configuration file nowhere.yaml (DOORWARD_CONFIG) does not exist.')
  })

  it('says whether the file or the environment is wrong', () => {
    const [wrongFile, badPort] = [join(folder, 'wrong.yaml'), { DOORWARD_HTTP_PORT: 'x' }]
    writeFileSync(wrongFile, 'locale: xx')
    expect(() => loadConfig({ DOORWARD_CONFIG: wrongFile }, folder)).toThrow(/wrong\.yaml has 1 problem\n/)
    expect(() => loadConfig({ DOORWARD_CONFIG: wrongFile, ...badPort }, folder)).toThrow(/wrong\.yaml and the environment have 2 problems\n/)
    expect(() => loadConfig(badPort, folder)).toThrow(/^The environment has 1 problem\n/)
  })
})

describe('problems', () => {
  it('are named all at once, one line each, in columns', () => {
    const { problems } = readConfig('http:\n  port: 99999\nsmpt:\n  url: x\nlocale: xx\n', { DOORWARD_LOG_LEVEL: 'loud', DOORWARD_SMTP_ULR: 'x' })
    expect(describeProblems('config/doorward.yaml has', problems)).toBe([
      'config/doorward.yaml has 5 problems',
      '  smpt                 is not an option; did you mean smtp?',
      '  http.port            must be a whole number between 0 and 65535, but is 99999',
      '  locale               must be one of en, de, fa, but is "xx"',
      '  DOORWARD_LOG_LEVEL   must be one of debug, info, warn, error, but is "loud"',
      '  DOORWARD_SMTP_ULR    is not an option; did you mean DOORWARD_SMTP_URL?',
    ].join('\n'))
  })

  it('name the line where the file is not YAML', () => {
    expect(problemsOf('http:\n  port: 1\n port: 2\n')[0]).toMatch(/^line 3 /)
    expect(problemsOf('locale: en\nlocale: de\n')[0]).toMatch(/^line 2 .*unique/)
  })

  it('tell sections from options', () => {
    expect(problemsOf('http: 8080')).toEqual(['http must be a section with options below it'])
    expect(problemsOf('- http')).toEqual(['the file must be a section with options below it'])
  })

  it.each([
    ['publicUrl', 'http://id.example.com', 'must start with https://'],
    ['publicUrl', 'https://id.example.com/', 'must be an origin without a path'],
    ['publicUrl', 'https://id.example.com/sso', 'must be an origin without a path'],
    ['publicUrl', 'https://ada@id.example.com', 'must be an origin without a path'],
    ['publicUrl', 'https://192.0.2.1', 'must name a host'],
    ['publicUrl', 'https://[2001:db8::1]', 'must name a host'],
    ['publicUrl', 'id.example.com', 'must be an origin without a path'],
    ['publicUrl', '', 'must not be empty'],
    ['http.port', '65536', 'must be a whole number between 0 and 65535'],
    ['http.port', '80.5', 'must be a whole number'],
    ['http.port', '', 'must be a whole number'],
    ['http.port', ' 80', 'must be a whole number'],
    ['http.trustedProxies', '10.0.0.0/33', 'must be addresses or networks'],
    ['http.trustedProxies', 'proxy.example', 'must be addresses or networks'],
    ['http.trustedProxies', '10.0.0.0/8/8', 'must be addresses or networks'],
    ['database.url', 'mysql://db', 'must start with postgres://'],
    ['database.url', 'postgres://user:pa#ss@[', 'must start with postgres://'],
    ['smtp.url', 'mail.example.com:587', 'must start with smtp://'],
    ['smtp.from', 'Ada <ada@example.com>', 'must be one e-mail address'],
    ['smtp.from', 'ada@example.com, eve@example.com', 'must be one e-mail address'],
    ['smtp.allowPlain', 'yes', 'must be true or false'],
    ['sms.url', 'ftp://sms.example.com', 'must start with https://'],
    ['sms.method', 'post', 'must be one of POST, GET, PUT'],
    ['sms.headers', 'Authorization: x', 'must be a JSON object of texts'],
    ['sms.headers', '["x"]', 'must be names with text values'],
    ['outbound.allow', 'https://gateway.example', 'must be host names or networks'],
    ['outbound.allow', '*', 'must be host names or networks'],
    ['limits.triesPerCode', '11', 'must be a whole number between 1 and 10'],
    ['limits.smsCountries', '49', 'must be calling codes'],
    ['links.help', 'javascript:alert(1)', 'must be a web address or a path'],
    ['links.help', '//evil.example', 'must be a web address or a path'],
    ['metrics.token', 'short', 'must have at least 16 characters'],
  ])('refuses %s = %j: %s', (path, value, text) => {
    const name = `DOORWARD_${path.replaceAll(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`
    expect(problemsOf('', { [name]: value })).toEqual([expect.stringContaining(`${name} ${text}`)])
    const inFile = JSON.stringify(path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value))
    expect(problemsOf(inFile)).toEqual([expect.stringContaining(`${path} ${text}`)])
  })

  it('tell a number from a calling code that lost its quotes', () => {
    expect(problemsOf('limits: { smsCountries: [+49] }')).toEqual(['limits.smsCountries must be a list of texts, but is [49]'])
  })
})

describe('secrets', () => {
  const canary = 'hunter2hunter2'

  it.each([
    ['database.url', `mysql://u:${canary}@db`], ['smtp.url', `http://u:${canary}@mail`], ['sms.url', `gopher://${canary}`], ['sms.headers', `{"Authorization":"${canary}`],
    ['metrics.token', canary],
  ])('SEC-79 do not appear in the problem of %s', (path, value) => {
    const name = `DOORWARD_${path.replaceAll('.', '_').toUpperCase()}`
    const [problem = ''] = problemsOf('', { [name]: value })
    expect(problem).toMatch(/must/)
    expect(problem).not.toContain(canary)
  })

  it('SEC-79 do not appear when the file holds something else than text', () => {
    expect(problemsOf('metrics: { token: 12345678901234 }')).toEqual(['metrics.token must be text, but is something else'])
  })

  it('SEC-79 are not shown among the settings, wherever they came from', () => {
    const { config, sources } = readConfig(`sms:\n  headers: { Authorization: ${canary} }\n  body: 'k=${canary}&{to}{text}'\n  url: https://sms.example/${canary}\n`, {
      DOORWARD_DATABASE_URL: `postgres://u:${canary}@db/x`, DOORWARD_SMTP_URL_FILE: join(folder, 'smtp-url'), DOORWARD_METRICS_TOKEN: canary.repeat(2),
    })
    const shown = describeSettings(config, sources)
    expect(JSON.stringify(shown)).not.toContain(canary)
    expect(shown.find(({ path }) => path === 'smtp.url')).toEqual({ path: 'smtp.url', value: '(set, not shown)', source: 'DOORWARD_SMTP_URL_FILE' })
    expect(shown.find(({ path }) => path === 'http.port')).toEqual({ path: 'http.port', value: '8080', source: 'default' })
    expect(shown.find(({ path }) => path === 'secretKeyFile')?.value).toBe('(none)')
  })
})

describe('suggestions', () => {
  it.each([['publicURL', 'publicUrl'], ['smtp.ulr', 'smtp.url'], ['port', undefined], ['http.prot', 'http.port']])('for %j: %j', (given, meant) => {
    expect(suggest(given, ['publicUrl', 'smtp.url', 'http.port'])).toBe(meant)
  })
})
