// The app on a phone: one page, whose screens are templates that came with it. What is shown follows the part of the address behind the #.
import { openApp, type App } from './app.ts'
import { listComputers } from './computers.ts'
import { screenName, setTime, show, textOf } from './dom.ts'
import { redrawHome, showHome } from './home-screen.ts'
import { awaitOffer, isApple } from './install.ts'
import { showKey } from './key-screen.ts'
import { keepStored } from './keys.ts'
import { leavePair, showPair } from './pair-screen.ts'
import { endRequest, leaveRequest, offerNext, showRequest, showResult } from './request-screen.ts'
import { follow, showScan } from './scan-screen.ts'
import { waitingOf } from './waiting.ts'
import { registerWorker } from './worker.ts'

type SiteScreens = typeof import('./site-screens.ts')
let siteScreens: SiteScreens | undefined
let notLoaded = false
let leaveScan: () => void = () => undefined
/** What came up by itself. Whoever went back from it finds it on the first screen, and is not taken there again by the next news. */
const cameUp = new Set<string>()

/** What the address says behind the #: a screen, and which key and request it is about. */
function place(): { readonly screen: string; readonly keyId: string; readonly id: string } {
  const [screen = '', keyId = '', id = ''] = location.hash.replace(/^#\/?/, '').split('/')
  return { screen, keyId, id }
}

/** The request that the address names, while it waits. */
function requested(app: App): App['waiting'][number] | undefined {
  const { keyId, id } = place()
  return app.waiting.find(({ held, approval }) => held.id === keyId && approval.id === id)
}

async function loadSiteScreens(): Promise<SiteScreens> {
  return (siteScreens ??= await import('./site-screens.ts'))
}

/** Whoever went elsewhere meanwhile stays there. */
function routeLater(app: App): void {
  const { hash } = location
  // From the first screen what waits can be opened again.
  const toHome = (): void => { history.replaceState(null, '', '/phone/#/') }
  if (notLoaded) {
    // Browsers may remember that they did not get it, and after an update of the server it has another address: both end with this page.
    toHome()
    return location.reload()
  }
  show('busy')
  void loadSiteScreens().then(() => { if (location.hash === hash) route(app) }, () => {
    notLoaded = true
    if (location.hash !== hash) return
    toHome()
    showHome(app, textOf(app.offlineSince === undefined ? 'problem.other' : 'problem.offline'))
  })
}

function route(app: App): void {
  const { screen, keyId, id } = place()
  const held = app.key(keyId)
  leaveScan()
  leaveScan = () => undefined
  if (screen !== 'request' && screen !== 'no') leaveRequest()
  if (screen !== 'pair') leavePair()
  if (screen !== 'ask') siteScreens?.leaveAsk()
  if (screen !== 'order') siteScreens?.leaveOrder()
  switch (screen) {
    case 'scan':
      leaveScan = showScan(app)
      return
    case 'key':
      if (held) return showKey(app, held)
      break
    case 'request':
    case 'no': {
      const found = requested(app)
      return found ? showRequest(app, found.held, found.approval, screen === 'no') : showResult('over')
    }
    case 'ask':
      return siteScreens ? siteScreens.showAsk(app, keyId) : routeLater(app)
    case 'order': {
      if (!siteScreens) return routeLater(app)
      const found = app.orders.find(({ order }) => order.id === id)
      return found ? siteScreens.showOrder(app, found.held, found.order) : showResult('order_over')
    }
    case 'help':
      show('help', { apple: isApple(), other: !isApple() })
      return
    case 'result':
    case 'code':
    case 'pair':
      return
  }
  showHome(app)
}

/** News change what is shown only where they belong: a form that somebody fills in stays as it is. */
function onNews(app: App): void {
  const line = document.querySelector<HTMLElement>('#offline')
  line?.toggleAttribute('hidden', app.offlineSince === undefined)
  const time = line?.querySelector('time')
  if (time) setTime(time, app.offlineSince)
  const [first, ...others] = waitingOf(app)
  const next = first?.href ?? ''
  // An order that ended may be asked for again under the same name.
  for (const href of cameUp) if (href !== next && !others.some((one) => one.href === href)) cameUp.delete(href)
  if (app.questions.takeTrouble() === 'far' && ['home', 'start', ''].includes(screenName())) return showResult('far')
  switch (screenName()) {
    case 'home':
    case 'start':
    case '':
      // The only one that asks comes up by itself.
      if (first && others.length === 0 && !cameUp.has(next)) {
        cameUp.add(next)
        location.hash = next
      } else if (screenName() === 'home' || screenName() === 'start') redrawHome(app)
      return
    case 'request':
    case 'no': {
      const found = requested(app)
      const held = app.key(place().keyId)
      if (found) showRequest(app, found.held, found.approval, screenName() === 'no')
      else if (held && held.lost !== null) location.replace(`/phone/#/key/${held.id}`)
      else if (app.offlineSince === undefined) endRequest(next)
      return
    }
    case 'result':
      offerNext(next)
  }
}

async function begin(): Promise<void> {
  const app = await openApp()
  app.onNews(() => { onNews(app) })
  awaitOffer(() => { if (screenName() === 'home' || screenName() === 'start') redrawHome(app) })
  window.addEventListener('hashchange', () => { route(app) })
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') void app.look() })
  window.addEventListener('online', () => void app.look())
  window.addEventListener('offline', () => void app.look())
  registerWorker(document.querySelector<HTMLElement>('#main')?.dataset['worker'] ?? '')
  if (app.keys.length > 0) void keepStored()
  // Who asks through a paired computer waits for nothing then.
  void listComputers().then((computers) => (computers.length > 0 ? loadSiteScreens() : undefined)).catch(() => undefined)
  if (location.pathname === '/phone/pair') {
    const address = location.href
    history.replaceState(null, '', '/phone/#/pair')
    return showPair(app, address)
  }
  const secret = location.pathname === '/phone/scan' ? location.hash.slice(1) : ''
  if (secret !== '') {
    // A secret in the address would be sent again by whoever reloads, and stays in the history.
    history.replaceState(null, '', '/phone/#/code')
    return follow(app, secret)
  }
  route(app)
  await app.look()
}

void begin()
