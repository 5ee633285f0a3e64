import { ComputerRefusal } from '../pairing/call.ts'
import { awaitPairing, callOf, confirmPairing, removePairing, startPairing, type Offered, type Taken } from '../pairing/pairing.ts'
import type { PairedPhone } from '../pairing/wire.ts'
import { computerName } from './computer-name.ts'
import { make, picture, qrCode, type Part } from './dom.ts'
import { keepPhone } from './phones.ts'
import { platform } from './platform.ts'
import { serverAddress } from './settings.ts'
import { text } from './texts.ts'

type Trouble = 'offline' | 'limit' | 'forged' | 'over' | 'different' | 'invalid'

/** A code is good for two minutes at the server; it is replaced while a slow hand can still finish with it. */
const spareMilliseconds = 15_000
/** Whoever went away does not leave a computer that offers itself for the whole day. */
const codesInARow = 10

/** Pairs one phone, from the code to the congratulations. `show` puts a screen up; `done` leads back. */
export async function pairPhone(show: (...parts: readonly Part[]) => void, done: () => void): Promise<void> {
  const leaving = new AbortController()
  const leave = (): void => {
    leaving.abort()
    done()
  }
  const again = (): void => { void pairPhone(show, done) }
  try {
    show(make('h1', {}, text('pair.title')), make('p', { role: 'status' }, text('pair.preparing')))
    const found = await findPhone(show, leave, leaving.signal)
    if (found === undefined) return showTrouble(show, 'over', again, done)
    if (found === 'forged') return showTrouble(show, 'forged', again, done)
    const { offered, taken } = found
    const call = callOf(offered, (url, order) => fetch(url, order))
    if (!(await compare(show, taken))) {
      await removePairing(call).catch(() => undefined)
      return showTrouble(show, 'different', again, done)
    }
    show(make('h1', {}, text('pair.digits.title')), make('div', { class: 'stack center' }, make('p', { class: 'digits' }, spaced(taken.agreement.digits)), make('p', { role: 'status' }, text('pair.waiting', { model: modelOf(taken.phone) }))),
      make('button', { class: 'button', type: 'button', onclick: () => { void removePairing(call).catch(() => undefined).then(leave) } }, text('cancel')))
    const paired = await confirmPairing(offered, taken, call, leaving.signal)
    if (paired === 'over') return showTrouble(show, 'over', again, done)
    await keepPhone(paired, Date.now())
    show(make('div', { class: 'stack center' }, picture('sign sign--good', 'M12 2.5a9.5 9.5 0 1 1 0 19 9.5 9.5 0 0 1 0-19', 'm7.5 12.5 3 3 6-6.5'), make('h1', {}, text('pair.done.title')), make('p', {}, text('pair.done.text', { model: modelOf(paired.phone) })),
      make('p', { class: 'subtle small' }, text('pair.done.next'))), make('button', { class: 'button button--primary', type: 'button', onclick: done }, text('done')))
  } catch (error) {
    if (leaving.signal.aborted) return
    const code = error instanceof ComputerRefusal ? error.code : 'invalid'
    showTrouble(show, code === 'offline' || code === 'limit' ? code : 'invalid', again, done)
  }
}

/** Shows one code after the other until a phone has scanned one. */
async function findPhone(show: (...parts: readonly Part[]) => void, leave: () => void, signal: AbortSignal): Promise<{ readonly offered: Offered; readonly taken: Taken } | 'forged' | undefined> {
  const server = await serverAddress()
  for (let shown = 0; shown < codesInARow; shown++) {
    const offered = await startPairing({ server, fetch: (url, order) => fetch(url, order), kind: 'extension', name: computerName(navigator.userAgent), version: platform.runtime.getManifest().version })
    const code = await qrCode(offered.address, text('pair.code'))
    show(make('h1', {}, text('pair.title')), make('div', { class: 'stack center' }, code),
      make('ol', { class: 'steps' }, make('li', {}, text('pair.step_1')), make('li', {}, text('pair.step_2')), make('li', {}, text('pair.step_3'))),
      make('details', {}, make('summary', {}, text('pair.cannot_scan')), make('p', { class: 'small' }, text('pair.type')), make('p', { class: 'address', id: 'address' }, offered.address)),
      make('div', { class: 'row' }, make('button', { class: 'button button--plain', type: 'button', onclick: () => { void removePairing(callOf(offered, (url, order) => fetch(url, order))).catch(() => undefined).then(leave) } }, text('cancel'))))
    const call = callOf(offered, (url, order) => fetch(url, order))
    const fading = AbortSignal.any([signal, AbortSignal.timeout(Math.max(spareMilliseconds, offered.expiresAt - offered.now - spareMilliseconds))])
    try {
      const taken = await awaitPairing(offered, call, fading)
      if (taken === 'forged') return taken
      if (taken !== 'over') return { offered, taken }
    } catch (error) {
      signal.throwIfAborted()
      if (!fading.aborted) throw error
      // Scanned in this very moment, or never: then it is taken back, so that nobody can scan it later from a picture.
      await removePairing(call).catch(() => undefined)
    }
  }
  return undefined
}

function compare(show: (...parts: readonly Part[]) => void, { agreement, phone }: Taken): Promise<boolean> {
  return new Promise((resolve) => {
    show(make('h1', {}, text('pair.digits.title')),
      make('div', { class: 'stack center' }, make('p', {}, text('pair.digits.whose', { model: modelOf(phone), email: phone.email })), make('p', { class: 'digits', id: 'digits' }, spaced(agreement.digits)), make('p', { class: 'subtle small' }, text('pair.digits.why'))),
      make('div', { class: 'pair' }, make('button', { class: 'button', type: 'button', onclick: () => { resolve(false) } }, text('pair.digits.no')), make('button', { class: 'button button--primary', type: 'button', onclick: () => { resolve(true) } }, text('pair.digits.yes'))))
  })
}

function showTrouble(show: (...parts: readonly Part[]) => void, trouble: Trouble, again: () => void, done: () => void): void {
  show(make('h1', {}, text('pair.trouble.title')), make('p', { role: 'alert' }, troubleTexts[trouble]()),
    make('div', { class: 'pair' }, make('button', { class: 'button', type: 'button', onclick: done }, text('back')), make('button', { class: 'button button--primary', type: 'button', onclick: again }, text('again'))))
}

const troubleTexts: Readonly<Record<Trouble, () => string>> = {
  offline: () => text('pair.trouble.offline'), limit: () => text('pair.trouble.limit'), forged: () => text('pair.trouble.forged'), over: () => text('pair.trouble.over'),
  different: () => text('pair.trouble.different'), invalid: () => text('pair.trouble.invalid'),
}

const spaced = (digits: string): string => `${digits.slice(0, 3)} ${digits.slice(3)}`
export const modelOf = ({ name, model }: Pick<PairedPhone, 'name' | 'model'>): string => (model === '' ? name : model)
