import type { Server } from 'node:http'
import { Unavailable } from '../errors.ts'
import { networkOf } from '../authentication/throttle/index.ts'
import { createCsrf, createMetrics, createPace, createRoutes, createWeb, drain, roleMay, type Context, type DeclaredRoute } from '../http/index.ts'
import type { Foundation } from './foundation.ts'
import { createGatekeeper } from './gatekeeper.ts'
import { mountPanels } from './panels.ts'
import { composeParts, type AppParts } from './parts.ts'

export interface App {
  listen(host: string, port: number): Promise<Server>
  /** Answers no new request, lets the others finish, ends the jobs; the database stays open for the caller to close. */
  stop(): Promise<void>
  /** Every route with who may enter, for the test that walks them all (SEC-69). */
  readonly routes: readonly DeclaredRoute[]
  readonly parts: AppParts
}

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
    publicUrl: config.publicUrl, trustedProxies: config.http.trustedProxies, log, assets: foundation.assets, views: foundation.views,
    csrf: createCsrf(foundation.sealer.deriveKey('csrf'), new URL(config.publicUrl).origin), metrics, cookieSigner: parts.cookieSigner,
    findVisitor: (ctx) => sessions.visitor(ctx), defaultBrand: () => brands.default(), links: config.links,
    banner: (ctx) => (config.smtp.url === null && ctx.path.startsWith('/admin') && ctx.state.visitor !== undefined
      ? { text: ctx.t('banner.no_mail'), href: '/admin/settings', linkText: ctx.t('banner.no_mail_link') } : null),
    uploadBytes,
    async checkReady() {
      if (stopping) throw new Error('this node is stopping')
      await within(readyMilliseconds, storage.read.one('SELECT 1 AS one'))
    },
  })
  const pace = createPace({ attempts: config.limits.startsPerAddress, windowSeconds: config.limits.windowSeconds, now: () => clock.now() })
  web.useEarly((ctx, next) => {
    if (beginsSomething.test(ctx.path)) pace.admit(networkOf(ctx.state.request.ip))
    return next()
  })
  for (const { endpoints } of parts.protocols) web.useEarly(endpoints)
  web.useEarly(parts.scim.endpoints)
  for (const endpoints of parts.phones.endpoints) web.useEarly(endpoints)

  const { routes, answer } = createRoutes(createGatekeeper({ sessions, desk: () => signIns.desk, publicUrl: config.publicUrl }))
  brands.mount(routes)
  signIns.mount(routes)
  for (const protocol of parts.protocols) protocol.mount(routes)
  mountPanels(routes, foundation, parts)
  web.use(answer)

  const servers: Server[] = []
  return {
    routes: routes.declared,
    parts,
    async listen(host, port) {
      const server = await web.listen(host, port, { maxConnections: config.http.maxConnections })
      servers.push(server)
      jobs.start()
      return server
    },
    async stop() {
      stopping = true
      log.info('stopping')
      // Open apps and waiting pages come back to another node; nobody waits for them here.
      parts.phones.stop()
      await Promise.all(servers.map((server) => drain(server, config.http.drainSeconds)))
      await jobs.stop()
      await parts.directories.stop()
      await oidc.settled()
      await parts.xml.close()
    },
  }
}

/** Addresses at which anybody can leave a row behind without having proved anything. */
const beginsSomething = /^\/(?:signin(?:\/[\w-]+\/passkey\/options)?|oidc\/(?:auth|par|device_authorization)|saml\/(?:sso|slo|start\/[\w-]+)|adfs\/services\/trust\/.+|wsfed|fed\/[\w-]+\/.+|eam\/[\w-]+\/authorize|signup|invitation.*|setup.*)$/

/** A table of a hundred thousand people has about ten megabytes; only administrators send one, and strangers never get that far (SEC-86). */
function uploadBytes(ctx: Context): number | undefined {
  const { visitor } = ctx.state
  return ctx.path === '/admin/users/import' && visitor !== undefined && roleMay(visitor.role, 'users.write') ? 20 * 1_048_576 : undefined
}

/** A balancer that asks whether this node is ready wants to know it soon. */
const readyMilliseconds = 2_500

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => { reject(new Unavailable('unavailable', { message: `no answer within ${milliseconds} ms` })) }, milliseconds)
  return Promise.race([work, late]).finally(() => { clearTimeout(timer) })
}
