import { publicPoint } from '../pairing/party.ts'
import { performCeremony, webAuthnAvailable, type Challenge } from '../webauthn.ts'
import type { Activated, PhoneRefusal } from '../wire.ts'
import { isApple, isInstalled } from './install.ts'
import { justActivated } from './just-activated.ts'
import { keepStored, makeKey, saveKey } from './keys.ts'
import { activationText, sign } from './signing.ts'

/** The server's no, by the name of its text. */
class Refused extends Error {
  override readonly name = 'Refused'
}

/** <phone-activation data-action="…">: makes this phone's keys when its form is approved. Nothing is kept before the server has said yes. */
class PhoneActivation extends HTMLElement {
  #working = false

  connectedCallback(): void {
    if (!webAuthnAvailable() || !('indexedDB' in window)) this.#say('unsupported')
    // Safari and what it puts on the home screen each have a memory of their own; the key must be made where it will be used.
    for (const element of this.querySelectorAll<HTMLElement>('[data-when="apple"]')) element.hidden = !isApple() || isInstalled()
    // Without this program an approval would make no key.
    for (const button of this.querySelectorAll<HTMLButtonElement>('form[data-approve] button')) button.disabled = false
    for (const form of this.querySelectorAll<HTMLFormElement>('form[data-approve]')) {
      form.addEventListener('submit', (event) => {
        event.preventDefault()
        void this.#approve(form)
      })
    }
  }

  /** A second tap while the first one is on its way does nothing. */
  async #approve(form: HTMLFormElement): Promise<void> {
    if (this.#working) return
    this.#work(true)
    this.#say(undefined)
    try {
      const csrf = form.querySelector<HTMLInputElement>('input[name="csrf"]')?.value ?? ''
      const action = this.dataset['action'] ?? ''
      const pair = await makeKey()
      const { challengeId, options } = await post<Challenge>(`${action}/options`, { csrf })
      const { response, transports } = await performCeremony('create', options, { signal: new AbortController().signal })
      const { phone, account } = await post<Activated>(action, {
        csrf, challenge_id: challengeId, response, transports, public_key: JSON.stringify(await crypto.subtle.exportKey('jwk', pair.publicKey)),
        possession: await sign(pair.privateKey, activationText(challengeId, location.origin)), ...(await describePhone()), ...this.#chosen(),
      })
      await saveKey({ id: phone.id, key: pair.privateKey, publicKey: await publicPoint(pair.publicKey), passkey: (JSON.parse(response) as { id: string }).id, phone, account, state: null, seenAt: Date.now(), lost: null })
      await keepStored()
      sessionStorage.setItem(justActivated, 'yes')
      location.assign('/phone/')
    } catch (error) {
      this.#work(false)
      this.#say(explain(error))
    }
  }

  /** What the person calls it, and its colour; the phone's own name where they say nothing. */
  #chosen(): Readonly<Record<string, string>> {
    const name = this.querySelector<HTMLInputElement>('input[data-name]')?.value.trim() ?? ''
    const hue = this.querySelector<HTMLInputElement>('input[name="hue"]:checked')?.value
    return { ...(name === '' ? {} : { name }), ...(hue === undefined ? {} : { hue }) }
  }

  #work(working: boolean): void {
    this.#working = working
    for (const button of this.querySelectorAll('button')) button.disabled = working
    for (const line of this.querySelectorAll<HTMLElement>('[data-working]')) line.hidden = !working
  }

  #say(kind: string | undefined): void {
    for (const element of this.querySelectorAll<HTMLElement>('[data-error]')) {
      element.hidden = element.dataset['error'] !== kind
      if (!element.hidden) element.focus()
    }
  }
}

async function post<T>(url: string, fields: Readonly<Record<string, string>>): Promise<T> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers: { Accept: 'application/json' } }).catch(() => { throw new Refused('offline') })
  if (answer.ok && !answer.redirected) return (await answer.json()) as T
  const { error } = (await answer.json().catch(() => ({}))) as Partial<PhoneRefusal>
  throw new Refused(answer.status === 429 ? 'limit' : error ?? (answer.status === 404 || answer.status === 410 ? 'link_used' : 'failed'))
}

/** Which of the page's prepared explanations fits. */
function explain(error: unknown): string {
  if (error instanceof Refused) return ['link_used', 'too_many', 'limit', 'offline'].includes(error.message) ? error.message : error.message === 'over' ? 'late' : 'failed'
  return error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError') ? 'cancelled' : 'failed'
}

/** What this phone calls itself; browsers tell little, and that is all that is told on. */
async function describePhone(): Promise<{ name: string; model: string; platform: string }> {
  const data = (navigator as { userAgentData?: { platform?: string; getHighEntropyValues(names: string[]): Promise<{ model?: string }> } }).userAgentData
  const model = (await data?.getHighEntropyValues(['model']).catch(() => undefined))?.model ?? ''
  const platform = data?.platform ?? (/iPhone|iPad/.exec(navigator.userAgent)?.[0] ?? '')
  return { name: model !== '' ? model : platform, model: model !== '' ? model : platform, platform }
}

customElements.define('phone-activation', PhoneActivation)
