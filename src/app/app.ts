import type { Server } from 'node:http'
import { createCodes } from '../authentication/methods/code/index.ts'
import { createPasskeys } from '../authentication/methods/passkey/index.ts'
import { createRecoveryCodes } from '../authentication/methods/recovery-code/index.ts'
import { createSecurityCheck } from '../authentication/security-check/index.ts'
import { createSessions } from '../authentication/sessions/index.ts'
import { createSignIns, signInLimits } from '../authentication/signin/index.ts'
import { createOnce, createThrottle } from '../authentication/throttle/index.ts'
import { createCsrf, createMetrics, createRoutes, createWeb, drain, type DeclaredRoute } from '../http/index.ts'
import { createOutbound } from '../http/outbound/index.ts'
import { createJobs } from '../jobs/index.ts'
import { createKeys } from '../keys/index.ts'
import { createDelivery, createMailTransport, createSmsTransport, normaliseEmail } from '../messaging/index.ts'
import { createOidc } from '../protocols/oidc/index.ts'
import type { Foundation } from './foundation.ts'
import { createGatekeeper } from './gatekeeper.ts'
import { mountPanels } from './panels.ts'
import { createPersonAccess } from './person-access.ts'
import { createRecords } from './records.ts'
import { createSignInSettings, createSignInUsers } from './sign-in-users.ts'
import { createTasks } from './tasks.ts'

export interface App {
  listen(host: string, port: number): Promise<Server>
  /** Answers no new request, lets the others finish, ends the jobs; the database stays open for the caller to close. */
  stop(): Promise<void>
  /** Every route with who may enter, for the test that walks them all (SEC-69). */
  readonly routes: readonly DeclaredRoute[]
  readonly parts: AppParts
}

export type AppParts = ReturnType<typeof composeParts>

/** The one place where rooms are built and joined. */
export async function createApp(foundation: Foundation): Promise<App> {
  const { config, log, storage, clock } = foundation
  const parts = composeParts(foundation)
  const { sessions, oidc, signIns, jobs, brands } = parts
  await parts.keys.ensure()
  await oidc.refreshKeys()

  let stopping = false
  const metrics = config.metrics.token === null ? undefined : createMetrics(config.metrics.token)
  metrics?.gauge('doorward_database_statements', 'Statements sent to the database', () => storage.statistics.statements)
  metrics?.gauge('doorward_clock_skew_seconds', 'How far the clock of this node differs from the database', () => clock.skewMilliseconds / 1_000)

  const web = createWeb({
    publicUrl: config.publicUrl, trustedProxies: config.http.trustedProxies, log: parts.requestLog, assets: foundation.assets, views: foundation.views,
    csrf: createCsrf(foundation.sealer.deriveKey('csrf'), new URL(config.publicUrl).origin), metrics, cookieKeys: parts.cookieKeys,
    findVisitor: (ctx) => sessions.visitor(ctx), defaultBrand: () => brands.default(), links: config.links,
    banner: (ctx) => (config.smtp.url === null && ctx.path.startsWith('/admin') && ctx.state.visitor !== undefined
      ? { text: ctx.t('banner.no_mail'), href: '/admin/settings', linkText: ctx.t('banner.no_mail_link') } : null),
    async checkReady() {
      if (stopping) throw new Error('this node is stopping')
      await storage.read.one('SELECT 1 AS one')
    },
  })
  web.useEarly(oidc.endpoints)

  const { routes, answer } = createRoutes(createGatekeeper({ sessions, desk: () => signIns.desk, publicUrl: config.publicUrl }))
  brands.mount(routes)
  signIns.mount(routes)
  oidc.mount(routes)
  mountPanels(routes, foundation, parts)
  web.use(answer)

  const servers: Server[] = []
  return {
    routes: routes.declared,
    parts,
    async listen(host, port) {
      const server = await web.listen(host, port, config.http.maxConnections)
      servers.push(server)
      jobs.start()
      return server
    },
    async stop() {
      stopping = true
      log.info('stopping')
      await Promise.all(servers.map((server) => drain(server, config.http.drainSeconds)))
      await jobs.stop()
      await oidc.settled()
    },
  }
}

function composeParts(foundation: Foundation) {
  const { config, log, storage, clock, sealer, organizations, users, audit, letters, brands } = foundation
  const hash = (text: string): string => sealer.keyedHash('limit', text)
  const throttle = createThrottle({ storage, clock, hash, onLimit: (limit) => { log.warn('an attempt limit was reached', { limit: limit.name }) } })
  const once = createOnce({ storage, clock })
  const sessions = createSessions({ storage, clock, brandOf: (organization) => brands.of(organization) })
  const codes = createCodes({ storage, sealer, clock, triesPerCode: config.limits.triesPerCode })
  const recoveryCodes = createRecoveryCodes({ storage, sealer, clock })
  const passkeys = createPasskeys({ storage, clock, publicUrl: config.publicUrl, rpName: 'Doorward' })
  const securityCheck = createSecurityCheck({ key: sealer.deriveKey('security check'), clock, once })
  const limits = signInLimits(config.limits)
  const records = createRecords(audit)
  const signInSettings = createSignInSettings(organizations, config.sms.url !== null)
  const outbound = createOutbound({ allow: config.outbound.allow, caFile: config.outbound.caFile })
  const keys = createKeys({ storage, sealer, clock })
  const cookieKeys = [sealer.deriveKey('cookies').toString('base64url')]

  const signIns = createSignIns({
    storage, clock, sessions, codes, recoveryCodes, securityCheck, throttle, limits, passkeys, normaliseEmail, ...signInSettings,
    hash: (text) => sealer.keyedHash('decoy', text),
    users: createSignInUsers(users, normaliseEmail),
    brandOf: (id) => brands.ofId(id),
    record: records.signIn,
    mail: (tx, { template, user, model, expiresAt }) => letters.mail(tx, { template, to: user, model: model as Record<string, string | number | null>, expiresAt, urgent: template === 'code' }),
    sms: (tx, { user, phone, code, expiresAt }) => letters.sms(tx, { organizationId: user.organizationId, phone, code, expiresAt, locale: user.locale }),
    signUpOffered: config.signUp.personal || config.signUp.organizations,
    helpUrl: config.links.help,
  })

  const oidc = createOidc({
    publicUrl: config.publicUrl, storage, clock, log, cookieKeys, nonceSecret: sealer.deriveKey('dpop nonce'), desk: signIns.desk, sessions,
    applications: foundation.applications, mayUse: (applicationId, userId) => foundation.access.mayUse(applicationId, userId), person: (id) => users.person(id),
    keys: () => keys.current('oidc'), once, fetch: outbound.toFetch(), brandOf: (id) => brands.ofId(id), record: records.oidc,
  })
  sessions.onEnd(async (ended, userId) => { await oidc.endSessions(ended, userId) })

  const delivery = createDelivery({
    outbox: foundation.outbox, clock, log,
    mail: config.smtp.url === null ? undefined : createMailTransport({ ...config.smtp, url: config.smtp.url, caFile: config.outbound.caFile }),
    sms: config.sms.url === null ? undefined : createSmsTransport({ ...config.sms, url: config.sms.url }, { fetch: outbound.fetch, clock }),
  })
  const jobs = createJobs({ storage, clock, log, tasks: createTasks(foundation, { delivery, keys, oidc }) })

  return {
    throttle, once, sessions, codes, recoveryCodes, passkeys, securityCheck, limits, records, signIns, oidc, keys, jobs, delivery, cookieKeys, brands, outbound,
    requestLog: foundation.log as Foundation['log'] & Parameters<typeof createWeb>[0]['log'],
    personAccess: createPersonAccess({ storage, users, passkeys, recoveryCodes, sessions, endAtApplications: (tx, id) => oidc.endPerson(tx, id) }),
  }
}
