import { show } from './dom.ts'
import type { App } from './app.ts'
import { acceptOffer, dismissOffer, installFacts } from './install.ts'
import { justActivated } from './just-activated.ts'
import { ownerText } from './names.ts'
import { waitingOf } from './waiting.ts'

let congratulates = false
let told = ''

/** The keys of this phone and who asks them; how to begin where there is none. */
export function showHome(app: App, problem = ''): void {
  told = problem
  redrawHome(app)
}

/** The same with what is new; what the person was told stays until they go elsewhere. */
export function redrawHome(app: App): void {
  if (sessionStorage.getItem(justActivated) !== null) congratulates = true
  sessionStorage.removeItem(justActivated)
  const acts = {
    look: () => void app.look(),
    install: () => void acceptOffer().then(() => { redrawHome(app) }),
    dismiss() {
      dismissOffer()
      redrawHome(app)
    },
  }
  if (app.keys.length === 0) {
    show('start', { ...installFacts(), problem: told }, acts)
    return
  }
  const requests = waitingOf(app)
  const heard = app.offlineSince === undefined
  const keys = app.keys.map(({ id, account, phone, lost }) => ({
    hue: phone.hue, href: `#/key/${id}`, organization: ownerText(account), email: account.email, business: account.kind === 'business', personal: account.kind === 'personal', lost: lost !== null, ready: lost === null && heard, unheard: lost === null && !heard,
  }))
  const allLost = app.keys.every(({ lost }) => lost !== null)
  show('home', { ...installFacts(), requests, keys, problem: told, congratulates, quiet: requests.length === 0 && heard && !allLost }, acts)
}
