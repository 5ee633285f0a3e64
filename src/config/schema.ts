import { choice, flag, integer, list, record, requiredText, text, type Settings } from './option.ts'
import { callingCode, cidr, hostOrCidr, mailAddress, postgresUrl, publicUrl, smsUrl, smtpUrl, webUrl } from './rules.ts'

/**
 * Every setting of an installation. `config/doorward.example.yaml` explains each; a test holds the two together.
 * What administrators change at run time (applications, policies, texts) is in the database, never here.
 */
export const schema = {
  publicUrl: requiredText({ default: 'http://localhost:8080', rule: publicUrl }),
  dataDir: requiredText({ default: 'data' }),
  secretKeyFile: text({ default: null }),
  http: {
    host: requiredText({ default: '127.0.0.1' }),
    port: integer({ default: 8080, min: 0, max: 65_535 }),
    trustedProxies: list({ default: [], rule: cidr }),
    maxConnections: integer({ default: 2_000, min: 10, max: 100_000 }),
    drainSeconds: integer({ default: 10, min: 0, max: 300 }),
  },
  database: {
    url: text({ default: null, secret: true, rule: postgresUrl }),
    poolSize: integer({ default: 10, min: 2, max: 200 }),
  },
  smtp: {
    url: text({ default: null, secret: true, rule: smtpUrl }),
    from: requiredText({ default: 'doorward@localhost', rule: mailAddress }),
    fromName: requiredText({ default: 'Doorward' }),
    allowPlain: flag({ default: false }),
  },
  sms: {
    url: text({ default: null, secret: true, rule: smsUrl }),
    method: choice({ default: 'POST', of: ['POST', 'GET', 'PUT'] }),
    headers: record({ default: {}, secret: true }),
    body: text({ default: '{"to":"{to}","text":"{text}"}', secret: true }),
    contentType: choice({ default: 'application/json', of: ['application/json', 'application/x-www-form-urlencoded'] }),
  },
  outbound: {
    allow: list({ default: [], rule: hostOrCidr }),
    caFile: text({ default: null }),
  },
  phones: {
    webPush: flag({ default: false }),
  },
  signUp: {
    personal: flag({ default: true }),
    organizations: flag({ default: false }),
  },
  limits: {
    windowSeconds: integer({ default: 600, min: 10, max: 86_400 }),
    startsPerAddress: integer({ default: 60_000, min: 100, max: 100_000_000 }),
    signInsPerAddress: integer({ default: 100, min: 1, max: 1_000_000 }),
    codesPerAccount: integer({ default: 5, min: 1, max: 1_000 }),
    codesPerAddress: integer({ default: 20, min: 1, max: 100_000 }),
    triesPerCode: integer({ default: 5, min: 1, max: 10 }),
    triesPerAccountHourly: integer({ default: 10, min: 1, max: 1_000 }),
    smsPerNumber: integer({ default: 3, min: 1, max: 100 }),
    smsPerPrefix: integer({ default: 10, min: 1, max: 10_000 }),
    smsDaily: integer({ default: 500, min: 1, max: 1_000_000 }),
    smsCountries: list({ default: [], rule: callingCode }),
    signUpsPerAddress: integer({ default: 10, min: 1, max: 100_000 }),
    recoveryTriesHourly: integer({ default: 10, min: 1, max: 100 }),
    passwordTriesPerAccountHourly: integer({ default: 10, min: 1, max: 1_000 }),
    totpTriesPerAccountHourly: integer({ default: 10, min: 1, max: 100 }),
    phoneRequestsPerAccount: integer({ default: 3, min: 1, max: 20 }),
  },
  links: {
    help: text({ default: null, rule: webUrl }),
    privacy: text({ default: null, rule: webUrl }),
    terms: text({ default: null, rule: webUrl }),
  },
  locale: choice({ default: 'en', of: ['en', 'de', 'fa'] }),
  metrics: {
    token: text({ default: null, secret: true, rule: (value) => (value.length >= 16 ? undefined : 'must have at least 16 characters') }),
  },
  log: {
    level: choice({ default: 'info', of: ['debug', 'info', 'warn', 'error'] }),
  },
} as const

export type Config = Settings<typeof schema>
