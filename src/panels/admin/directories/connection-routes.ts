import { readAddress, Trouble } from '../../../directory/sync/ldap/index.ts'
import { directoryDefaults, directoryKinds, parseDirectorySettings, type Directory, type DirectoryKind, type DirectorySettings } from '../../../directory/sync/index.ts'
import { readName } from '../../../directory/index.ts'
import { Conflict, NotFound } from '../../../errors.ts'
import { mayFreshly, type Context, type Form, type Routes } from '../../../http/index.ts'
import { actorOf, showNav } from '../shell.ts'
import type { DirectoryPageNeeds } from './needs.ts'
import type { ConnectionForm } from './pages.ts'
import { aboutDirectory, directoryOf, pathOf, root } from './shared.ts'

type Errors = Record<string, string | null>
type Typed = Omit<ConnectionForm, 'id' | 'kind' | 'hasSecret' | 'errors' | 'hasErrors'>

/**
 * GET, POST …/new/:kind: a new directory begins with its servers and account, and is off; GET, POST …/:id/connection changes them. A
 * secret is never shown again; left empty, the one that is kept stays.
 */
export function mountConnection(routes: Routes, needs: DirectoryPageNeeds): void {
  const { storage, directories } = needs

  routes.get(`${root}/new`, mayFreshly('settings.write'), (ctx) => {
    showNav(ctx)
    ctx.page('admin/directory-kinds', { kinds: directoryKinds })
  })

  routes.get(`${root}/new/:kind`, mayFreshly('settings.write'), (ctx) => {
    show(ctx, null, kindOf(ctx), { name: '', servers: '', startTls: false, serverName: '', ca: '', method: 'simple', bindName: '', certificate: '' }, false, {})
  })

  routes.post(`${root}/new/:kind`, mayFreshly('settings.write'), async (ctx) => {
    const kind = kindOf(ctx)
    const { typed, secret, connection, errors } = readConnection(await ctx.form(), false)
    const name = readName(typed.name)
    if (!connection || name === undefined) return show(ctx, null, kind, typed, false, { ...errors, name: name === undefined ? 'directory.form.error.name' : null })
    await orTaken(ctx, null, kind, typed, false, async () => {
      const settings = parseDirectorySettings({ ...directoryDefaults[kind], base: '', ...connection })
      const directory = await storage.write(async (tx) => {
        const created = await directories.create(tx, actorOf(ctx).organizationId, { name, kind, enabled: false, settings, secret })
        await needs.record(tx, ctx, { action: 'directory.created', ...aboutDirectory(created), details: { kind, servers: connection.servers.map(({ url }) => url).join(' ') } })
        return created
      })
      ctx.redirectTo(pathOf(directory, 'people'), { key: 'directory.notice.created', params: { name } })
    })
  })

  routes.get(`${root}/:id/connection`, mayFreshly('settings.write'), async (ctx) => {
    const { id, kind, name, settings, hasSecret } = await directoryOf(ctx, needs)
    show(ctx, id, kind, {
      name, servers: settings.servers.map(({ url }) => url).join('\n'), startTls: settings.startTls, serverName: settings.serverName ?? '', ca: settings.ca ?? '', method: settings.bind.method, bindName: settings.bind.name, certificate: settings.bind.certificate ?? '',
    }, hasSecret, {})
  })

  routes.post(`${root}/:id/connection`, mayFreshly('settings.write'), async (ctx) => {
    const before = await directoryOf(ctx, needs)
    const { typed, secret, connection, errors } = readConnection(await ctx.form(), before.hasSecret)
    const name = readName(typed.name)
    // What opened the old server must not be sent to a new one by somebody who does not know it.
    const moved = connection !== undefined && hostsOf(connection.servers).some((host) => !hostsOf(before.settings.servers).includes(host))
    if (moved && secret === null && before.hasSecret) errors['secret'] = 'directory.form.error.secret_moved'
    if (!connection || name === undefined || errors['secret']) return show(ctx, before.id, before.kind, typed, before.hasSecret, { ...errors, name: name === undefined ? 'directory.form.error.name' : null })
    await orTaken(ctx, before.id, before.kind, typed, before.hasSecret, async () => {
      await storage.write(async (tx) => {
        const after = await directories.update(tx, before.organizationId, before.id, { name, settings: { ...before.settings, ...connection }, ...(secret === null ? {} : { secret }) })
        if (!after) throw new NotFound()
        await needs.record(tx, ctx, { action: 'directory.changed', ...aboutDirectory(after), details: { part: 'connection', servers: connection.servers.map(({ url }) => url).join(' '), secret: secret !== null } })
      })
      ctx.redirectTo(before.settings.base === '' ? pathOf(before, 'people') : pathOf(before), { key: 'directory.notice.saved' })
    })
  })
}

function hostsOf(servers: DirectorySettings['servers']): string[] {
  return servers.map(({ url }) => URL.parse(url)?.host ?? url)
}

function kindOf(ctx: Context): DirectoryKind {
  const kind = directoryKinds.find((one) => one === ctx.params['kind'])
  if (!kind) throw new NotFound()
  return kind
}

async function orTaken(ctx: Context, id: Directory['id'] | null, kind: DirectoryKind, typed: Typed, hasSecret: boolean, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Conflict) || error.code !== 'name_taken') throw error
    show(ctx, id, kind, typed, hasSecret, { name: 'directory.form.error.name_taken' })
  }
}

type Connection = Pick<DirectorySettings, 'servers' | 'startTls' | 'ca' | 'serverName' | 'bind'>

function readConnection(form: Form, hasSecret: boolean): { typed: Typed; secret: string | null; connection: Connection | undefined; errors: Errors } {
  const typed: Typed = {
    name: form.text('name'), servers: form.text('servers'), startTls: form.checked('start_tls'), serverName: form.text('server_name'), ca: form.text('ca'), method: form.text('method') === 'external' ? 'external' : 'simple', bindName: form.text('bind_name'),
    certificate: form.text('certificate'),
  }
  const urls = typed.servers.split(/\s+/).filter((url) => url !== '')
  const external = typed.method === 'external'
  // A password is taken as it is, blanks included.
  const written = external ? form.text('private_key') : form.all('password')[0] ?? ''
  const secret = written === '' ? null : written
  const errors: Errors = {
    servers: serversError(urls, typed.startTls), ca: typed.ca !== '' && !isPem(typed.ca) ? 'directory.form.error.ca' : null, server_name: typed.serverName === '' || /^[\w.-]{1,253}$/.test(typed.serverName) ? null : 'directory.form.error.server_name',
    bind_name: !external && (typed.bindName === '' || typed.bindName.length > 500) ? 'directory.form.error.bind_name' : null, certificate: external && !isPem(typed.certificate) ? 'directory.form.error.certificate' : null,
    [external ? 'private_key' : 'secret']: secret === null && !hasSecret ? `directory.form.error.${external ? 'private_key' : 'secret'}` : null,
  }
  const connection: Connection = {
    servers: urls.map((url) => ({ url })), startTls: typed.startTls, ca: typed.ca === '' ? null : typed.ca, serverName: typed.serverName === '' ? null : typed.serverName,
    bind: { method: typed.method, name: external ? '' : typed.bindName, certificate: external ? typed.certificate : null },
  }
  return { typed, secret, errors, connection: Object.values(errors).some((error) => error !== null) ? undefined : connection }
}

const isPem = (text: string): boolean => text.includes('-----BEGIN CERTIFICATE-----') && text.length <= 100_000

function serversError(urls: readonly string[], startTls: boolean): string | null {
  if (urls.length === 0 || urls.length > 5) return 'directory.form.error.servers'
  try {
    for (const url of urls) readAddress(url, startTls)
    return null
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    return error.code === 'plain' ? 'directory.form.error.plain' : 'directory.form.error.address'
  }
}

function show(ctx: Context, id: string | null, kind: DirectoryKind, typed: Typed, hasSecret: boolean, errors: Errors): void {
  const hasErrors = Object.values(errors).some((error) => error !== null)
  showNav(ctx)
  ctx.page('admin/directory-connection', {
    ...typed, id, kind, hasSecret, hasErrors, errors: { name: null, servers: null, server_name: null, ca: null, bind_name: null, secret: null, certificate: null, private_key: null, ...errors },
  }, { status: hasErrors ? 422 : 200 })
}
