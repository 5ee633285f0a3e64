import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createAssets, createViews, type PageContext } from '../../src/http/index.ts'
import { directionOf } from '../../src/http/views/index.ts'
import { freePort } from './port.ts'
import { moment } from './view-examples/moment.ts'
import { viewExamples } from './view-examples/index.ts'

export interface Look {
  readonly locale: string
  readonly theme: 'light' | 'dark'
}

export interface Gallery {
  readonly url: string
  readonly names: readonly string[]
  /** Where a page hangs, as somebody who uses this language and theme sees it. */
  address(name: string, look: Look): string
  close(): Promise<void>
}

const project = fileURLToPath(new URL('../..', import.meta.url))

/** Every page with its example, rendered by the real templates and styled by the real files, without an application behind it. */
export async function openGallery(): Promise<Gallery> {
  const assets = createAssets({ assetFolder: `${project}views/assets`, browserFolder: `${project}src/browser` })
  const views = createViews({ folder: `${project}views`, defaultLocale: 'en', assetUrl: (name) => assets.url(name), now: () => moment })
  const port = await freePort()
  const url = `http://localhost:${port}`
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', url)
    const asset = assets.find(pathname)
    if (asset) {
      // Pages that go on by themselves are to be looked at, not to leave.
      response.writeHead(200, { 'content-type': asset.contentType, 'cache-control': 'public, max-age=31536000, immutable' }).end(/\/(?:hand-over|phone-wait|sign-out-steps)\.js$/.test(pathname) ? '' : asset.body)
      return
    }
    // A picture that the application would draw takes the same room.
    if (pathname.endsWith('.svg')) {
      response.writeHead(200, { 'content-type': 'image/svg+xml' }).end('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 33 33"><path d="M4 4h7v7H4zm18 0h7v7h-7zM4 22h7v7H4zm9-9h7v7h-7z"/></svg>')
      return
    }
    const [, locale = 'en', theme = 'light', ...rest] = pathname.split('/')
    const example = viewExamples.find(({ name }) => name === decodeURIComponent(rest.join('/')))
    if (example === undefined || (theme !== 'light' && theme !== 'dark')) {
      // What a page asks of an application that is not there: it tries again later, as while a server starts anew.
      response.writeHead(503).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(views.page(example.page, example.model as never, surroundings(example.page, { locale, theme })))
  })
  await new Promise<void>((done) => { server.listen(port, '127.0.0.1', done) })
  return {
    url, names: viewExamples.map(({ name }) => name),
    address: (name, { locale, theme }) => `${url}/${locale}/${theme}/${encodeURI(name)}`,
    close: () => new Promise((done) => { server.close(() => { done() }); server.closeAllConnections() }),
  }
}

/** What the page would know besides its own model. */
function surroundings(page: string, { locale, theme }: Look): PageContext {
  const room = page.split('/')[0]
  const signedIn = room === 'account' || room === 'admin'
  const administration = room === 'admin'
  const entry = (href: string, label: string, icon: string, current = false) => ({ href, label, icon, current })
  return {
    locale, dir: directionOf(locale), theme, timeZone: 'Europe/Berlin', organization: { name: 'Analytical Engines', logoUrl: null, brandHref: null },
    csrf: 'token', path: `/${page}`, requestId: 'Xk2pQ9aB1cDe', user: signedIn ? { name: 'Ada Lovelace', email: 'ada@engines.example', initials: 'AL' } : null,
    nav: !signedIn ? [] : administration
      ? [entry('/admin', 'nav.dashboard', 'home'), entry('/admin/users', 'nav.users', 'users', true), entry('/admin/groups', 'nav.groups', 'group'), entry('/admin/applications', 'nav.applications', 'apps'), entry('/admin/audit', 'nav.audit', 'activity'), entry('/admin/settings', 'nav.settings', 'settings')]
      : [entry('/', 'nav.apps', 'apps', true), entry('/security', 'nav.security', 'shield'), entry('/activity', 'nav.activity', 'activity'), entry('/profile', 'nav.profile', 'user')],
    navLabel: administration ? 'nav.admin' : 'nav.account', notice: null, banner: null, faceSwitch: signedIn ? { href: administration ? '/' : '/admin', labelKey: administration ? 'nav.own_panel' : 'nav.administration' } : null,
    locales: ['de', 'en', 'fa'].map((tag) => ({ tag, name: new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag, current: tag === locale })), links: { help: '/help', privacy: '/privacy', terms: '/terms' },
  }
}
