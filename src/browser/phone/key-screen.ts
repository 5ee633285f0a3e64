import type { PhoneView, PushKey } from '../wire.ts'
import { call } from './api.ts'
import type { App } from './app.ts'
import { onSubmit, show, textOf } from './dom.ts'
import { forgetKey, type HeldKey } from './keys.ts'

/** Those that the styles have a swatch for. */
const hues = [255, 150, 20, 300, 70, 195]

/** One key: what it is called, what it holds, what happened with it, and away with it. */
export function showKey(app: App, held: HeldKey, problem = ''): void {
  const { account, phone, state, lost } = held
  const root = show('key', {
    organization: account.organization, email: account.email, hue: phone.hue, name: phone.name, lost: lost !== null, unknown: lost === 'unknown_phone', suspended: lost === 'suspended', problem,
    microsoftDone: account.microsoft === 'done', microsoftOpen: account.microsoft === 'open', pushOffered: phone.push !== 'not_offered' && lost === null, pushOn: phone.push === 'on', pushOff: phone.push === 'off',
    hues: hues.map((value, index) => ({ value, number: index + 1, checked: value === phone.hue })), credentials: state?.credentials ?? [], activity: (state?.activity ?? []).map((event) => ({ ...event, failed: event.outcome !== 'success' })), quiet: (state?.activity.length ?? 0) === 0,
  }, {
    'push-on': () => void change(async () => setPush(held, true)),
    'push-off': () => void change(async () => setPush(held, false)),
    remove: () => void remove(),
  })
  onSubmit(root, 'settings', (form) => void change(() => call<PhoneView>(held, 'POST', '/settings', { name: form.get('name'), hue: Number(form.get('hue') ?? phone.hue) })))

  async function change(act: () => Promise<PhoneView>): Promise<void> {
    try {
      const changed = await act()
      await app.put({ ...held, phone: changed })
      showKey(app, app.key(held.id) ?? held)
    } catch (error) {
      showKey(app, held, textOf(error instanceof DOMException ? 'problem.push' : 'problem.offline'))
    }
  }

  /** Away here in any case; the server may have lost it already. */
  async function remove(): Promise<void> {
    if (lost === null) {
      try {
        await call(held, 'POST', '/removal', {})
      } catch {
        return showKey(app, held, textOf('problem.offline'))
      }
    }
    await forgetKey(held.id)
    app.drop(held.id)
    location.assign('/phone/#/')
  }
}

async function setPush(held: HeldKey, on: boolean): Promise<PhoneView> {
  const registration = await navigator.serviceWorker.ready
  const { key } = await call<PushKey>(held, 'GET', '/push-key')
  if (!on || key === null) return call(held, 'POST', '/push', { subscription: null })
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  return call(held, 'POST', '/push', { subscription: { endpoint: subscription.endpoint } })
}
