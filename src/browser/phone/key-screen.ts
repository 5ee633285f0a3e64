import type { Credential } from '../authenticator/credential.ts'
import type { PhoneView, PushKey } from '../wire.ts'
import { call, Refusal } from './api.ts'
import type { App } from './app.ts'
import { forgetComputer } from './computers.ts'
import { forgetCredential, listCredentials } from './credentials.ts'
import { mainPart, show, textOf } from './dom.ts'
import type { HeldKey } from './keys.ts'
import { ownerText } from './names.ts'

/** One key: what it is called, what it holds, what happened with it, and away with it. */
export function showKey(app: App, held: HeldKey, said: { readonly problem?: string; readonly saved?: boolean; readonly sites?: readonly Credential[] } = {}): void {
  // What only this phone knows is read first.
  if (said.sites === undefined) return void listCredentials().then((all) => { if (location.hash.startsWith(`#/key/${held.id}`)) showKey(app, app.key(held.id) ?? held, { ...said, sites: all.filter(({ holder }) => holder === held.id) }) })
  const { account, phone, state, lost } = held
  const lostKey = lost !== null
  const activity = (state?.activity ?? []).map(({ action, outcome, site, device, ip, at }) => ({
    action: textOf(`action.${action}`) || textOf('action.other'), failed: outcome === 'failure', where: [site === location.hostname ? '' : site, device, ip ?? ''].filter((part) => part !== '').join(' · '), at,
  }))
  show('key', {
    organization: ownerText(account), email: account.email, hue: phone.hue, name: phone.name, business: account.kind === 'business', personal: account.kind === 'personal',
    lost: lostKey, alive: !lostKey, ready: !lostKey && app.offlineSince === undefined, unheard: !lostKey && app.offlineSince !== undefined, unknown: lost === 'unknown_phone', suspended: lost === 'suspended',
    problem: said.problem ?? '', saved: said.saved === true, microsoftDone: !lostKey && account.microsoft === 'done', microsoftOpen: !lostKey && account.microsoft === 'open',
    pushOffered: phone.push !== 'not_offered' && !lostKey, pushOn: phone.push === 'on', pushOff: phone.push === 'off',
    credentials: state?.credentials ?? [], holds: !lostKey && (state?.credentials.length ?? 0) > 0, sites: said.sites.map(({ id, rpId, userName, createdAt }) => ({ id, rpId, userName, createdAt })), hasSites: said.sites.length > 0,
    computers: (state?.computers ?? []).map(({ id, name, ip, createdAt, lastUsedAt }) => ({ id, name, ip, at: lastUsedAt ?? createdAt })), noComputers: (state?.computers.length ?? 0) === 0, activity, happened: !lostKey && activity.length > 0,
  }, {
    'push-on': () => void change(() => setPush(held, true)),
    'push-off': () => void change(() => setPush(held, false)),
    remove: () => void remove(),
    forget: (id) => void forgetCredential(id).then(() => { showKey(app, app.key(held.id) ?? held, { saved: true }) }),
    unpair: (id) => void unpair(id),
    settings: (_value, form) => void change(() => call<PhoneView>(held, 'POST', '/settings', { name: form.get('name'), hue: Number(form.get('hue') ?? phone.hue) })),
  })
  const chosen = mainPart().querySelector<HTMLInputElement>(`input[name="hue"][value="${phone.hue}"]`)
  if (chosen) chosen.checked = true
  if (said.problem !== undefined) mainPart().querySelector<HTMLElement>('[role="alert"]:not([hidden])')?.focus()

  async function change(act: () => Promise<PhoneView>): Promise<void> {
    try {
      const changed = await act()
      const now = app.key(held.id) ?? held
      await app.put({ ...now, phone: changed })
      showKey(app, { ...now, phone: changed }, { saved: true })
    } catch (error) {
      showKey(app, app.key(held.id) ?? held, { problem: textOf(`problem.${problemOf(error)}`) })
    }
  }

  async function unpair(id: string): Promise<void> {
    try {
      await call(held, 'POST', `/pairings/${id}/removal`, {})
      await forgetComputer(id)
      await app.look(held.id)
      showKey(app, app.key(held.id) ?? held, { saved: true })
    } catch (error) {
      showKey(app, held, { problem: textOf(`problem.${problemOf(error)}`) })
    }
  }

  /** Away here in any case; the server may have lost it already. */
  async function remove(): Promise<void> {
    try {
      if (!lostKey) await call(held, 'POST', '/removal', {})
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'unknown_phone') return showKey(app, held, { problem: textOf(`problem.${problemOf(error)}`) })
    }
    await app.drop(held.id)
    location.replace('/phone/#/')
  }
}

function problemOf(error: unknown): string {
  if (error instanceof Refusal) return error.code === 'offline' || error.code === 'limit' ? error.code : 'other'
  return error instanceof DOMException ? 'push' : 'other'
}

async function setPush(held: HeldKey, on: boolean): Promise<PhoneView> {
  const registration = await navigator.serviceWorker.ready
  const { key } = await call<PushKey>(held, 'GET', '/push-key')
  if (!on || key === null) {
    await (await registration.pushManager.getSubscription())?.unsubscribe()
    return call(held, 'POST', '/push', { subscription: null })
  }
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  return call(held, 'POST', '/push', { subscription: { endpoint: subscription.endpoint } })
}
