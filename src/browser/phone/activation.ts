import { fetchChallenge, performCeremony, webAuthnAvailable } from '../webauthn.ts'
import type { Activated, PhoneRefusal } from '../wire.ts'
import { keepStored, makeKey, saveKey } from './keys.ts'
import { activationText, sign } from './signing.ts'

/** <phone-activation data-action="…">: makes this phone's keys when its form is approved. Nothing is kept before the server has said yes. */
class PhoneActivation extends HTMLElement {
  #working = false

  connectedCallback(): void {
    if (!webAuthnAvailable() || !('indexedDB' in window)) this.#show('unsupported')
    for (const form of this.querySelectorAll<HTMLFormElement>('form[data-approve]')) {
      form.addEventListener('submit', (event) => {
        event.preventDefault()
        void this.#approve(form)
      })
    }
  }

  async #approve(form: HTMLFormElement): Promise<void> {
    if (this.#working) return
    this.#working = true
    this.#show(undefined)
    const buttons = this.querySelectorAll('button')
    for (const button of buttons) button.disabled = true
    try {
      const action = this.dataset['action'] ?? ''
      const pair = await makeKey()
      const { challengeId, options } = await fetchChallenge(`${action}/options`, form)
      const { response, transports } = await performCeremony('create', options, { signal: new AbortController().signal })
      const body = new URLSearchParams({
        csrf: form.querySelector<HTMLInputElement>('input[name="csrf"]')?.value ?? '', challenge_id: challengeId, response, transports, public_key: JSON.stringify(await crypto.subtle.exportKey('jwk', pair.publicKey)),
        possession: await sign(pair.privateKey, activationText(challengeId)), ...(await describePhone()),
      })
      const answer = await fetch(action, { method: 'POST', body, headers: { Accept: 'application/json' } })
      if (!answer.ok) return this.#show(kindOf(((await answer.json().catch(() => ({}))) as Partial<PhoneRefusal>).error))
      const { phone, account } = (await answer.json()) as Activated
      await saveKey({ id: phone.id, key: pair.privateKey, phone, account, state: null, seenAt: Date.now(), lost: null })
      await keepStored()
      location.assign('/phone/')
    } catch (error) {
      this.#show(error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError') ? 'cancelled' : 'failed')
    } finally {
      this.#working = false
      for (const button of buttons) button.disabled = false
    }
  }

  #show(kind: string | undefined): void {
    for (const element of this.querySelectorAll<HTMLElement>('[data-error]')) {
      element.hidden = element.dataset['error'] !== kind
      if (!element.hidden) element.focus()
    }
  }
}

function kindOf(error: string | undefined): string {
  return error === 'link_used' || error === 'over' ? 'link_used' : error === 'too_many' ? error : 'failed'
}

/** What this phone calls itself; browsers tell little, and that is all that is told on. */
async function describePhone(): Promise<{ name: string; model: string; platform: string }> {
  const data = (navigator as { userAgentData?: { platform?: string; getHighEntropyValues(names: string[]): Promise<{ model?: string }> } }).userAgentData
  const model = (await data?.getHighEntropyValues(['model']).catch(() => undefined))?.model ?? ''
  const platform = data?.platform ?? (/iPhone|iPad/.exec(navigator.userAgent)?.[0] ?? '')
  return { name: model !== '' ? model : platform, model: model !== '' ? model : platform, platform }
}

customElements.define('phone-activation', PhoneActivation)
