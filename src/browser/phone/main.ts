// The app on a phone: one page, whose screens are templates that came with it. What is shown follows the part of the address behind the #.
import { openApp, type App } from './app.ts'
import { show } from './dom.ts'
import { showKey } from './key-screen.ts'
import { keepStored } from './keys.ts'
import { aboutText, showRequest, showResult } from './request-screen.ts'
import { follow, showScan } from './scan-screen.ts'
import { registerWorker } from './worker.ts'

const isInstalled = (): boolean => window.matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true

let leave: () => void = () => undefined

function showHome(app: App): void {
  if (app.keys.length === 0) {
    show('start', { install: !isInstalled() })
    return
  }
  const requests = app.keys.flatMap((held) => (held.state?.approvals ?? []).map((approval) => ({ ...approval, about: aboutText(approval), href: `#/request/${held.id}/${approval.id}` })))
  show('home', {
    install: !isInstalled(), requests, quiet: requests.length === 0,
    keys: app.keys.map(({ id, account, phone, lost }) => ({ hue: phone.hue, href: `#/key/${id}`, organization: account.organization, email: account.email, business: account.kind === 'business', personal: account.kind === 'personal', lost: lost !== null, ready: lost === null })),
  }, { look: () => void app.look() })
}

function route(app: App): void {
  leave()
  leave = () => undefined
  const [screen = '', keyId = '', id = ''] = location.hash.replace(/^#\/?/, '').split('/')
  const held = app.key(keyId)
  switch (screen) {
    case 'scan':
      leave = showScan(app)
      return
    case 'key':
      if (held) return showKey(app, held)
      break
    case 'request': {
      const approval = held?.state?.approvals.find((one) => one.id === id)
      if (held && approval) {
        leave = showRequest(app, held, approval)
        return
      }
      return showResult('over')
    }
    case 'help':
      show('help')
      return
    case 'result':
    case 'no':
      return
  }
  showHome(app)
}

function sayOffline({ offlineSince }: App): void {
  const line = document.querySelector<HTMLElement>('#offline')
  const time = line?.querySelector('time')
  if (!line || !time) return
  line.hidden = offlineSince === undefined
  if (offlineSince !== undefined) {
    time.dateTime = new Date(offlineSince).toISOString()
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'short' }).format(offlineSince)
  }
}

/** News change what is shown only where they belong: a form that somebody fills in stays as it is. */
function onNews(app: App): void {
  sayOffline(app)
  const screen = document.querySelector<HTMLElement>('#main')?.dataset['screen']
  const waiting = app.keys.flatMap((held) => (held.state?.approvals ?? []).map((approval) => `#/request/${held.id}/${approval.id}`))
  if (screen === 'home' || screen === 'start') {
    const [only] = waiting
    // The one that asks now comes up by itself.
    if (only !== undefined && waiting.length === 1) location.hash = only
    else showHome(app)
  } else if (screen === 'request' && !waiting.includes(location.hash) && app.offlineSince === undefined) showResult('over')
  else if (screen === 'request') route(app)
}

async function begin(): Promise<void> {
  const app = await openApp()
  app.onNews(() => { onNews(app) })
  window.addEventListener('hashchange', () => { route(app) })
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void app.look() })
  window.addEventListener('online', () => void app.look())
  registerWorker(document.querySelector<HTMLElement>('#main')?.dataset['worker'] ?? '')
  void keepStored()
  const secret = location.pathname === '/phone/scan' ? location.hash.slice(1) : ''
  if (secret !== '') {
    history.replaceState(null, '', '/phone/#/code')
    return follow(app, secret)
  }
  route(app)
  await app.look()
}

void begin()
