import { explain, fetchChallenge, performCeremony, webAuthnAvailable, type Ceremony } from '../webauthn.ts'

/**
 * <passkey-button data-mode="get|create" data-options-url="…" [data-conditional]>
 *
 * Wraps a form: a press of its button runs the ceremony, fills the hidden fields and submits the form. With
 * `data-conditional` it offers stored passkeys in the e-mail field's autofill instead, and yields to any other try.
 */
class PasskeyButton extends HTMLElement {
  static #waiting: AbortController | undefined

  connectedCallback(): void {
    if (!webAuthnAvailable()) {
      this.#show('unsupported')
      const button = this.querySelector('button')
      if (button) button.hidden = true
      return
    }
    if (this.dataset['conditional'] !== undefined) void this.#offerAutofill()
    this.#form()?.addEventListener('submit', (event) => {
      if (this.#field('response')?.value !== '') return
      event.preventDefault()
      void this.#run()
    })
  }

  #form(): HTMLFormElement | null { return this.querySelector('form') }
  #field(name: string): HTMLInputElement | null { return this.querySelector(`input[name="${name}"]`) }

  async #run(): Promise<void> {
    const form = this.#form()
    if (!form) return
    const button = this.querySelector('button')
    this.#show(undefined)
    if (button) button.disabled = true
    try {
      await this.#ceremony(form, undefined)
    } catch (error) {
      this.#show(explain(error))
    } finally {
      if (button) button.disabled = false
    }
  }

  async #offerAutofill(): Promise<void> {
    const form = this.#form()
    if (!form || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
    try {
      await this.#ceremony(form, 'conditional')
    } catch {
      // Autofill was not used, which is no problem: the page offers the other ways.
    }
  }

  async #ceremony(form: HTMLFormElement, mediation: CredentialMediationRequirement | undefined): Promise<void> {
    PasskeyButton.#waiting?.abort()
    const controller = new AbortController()
    PasskeyButton.#waiting = controller
    const { challengeId, options } = await fetchChallenge(this.dataset['optionsUrl'] ?? '', form)
    const mode: Ceremony = this.dataset['mode'] === 'create' ? 'create' : 'get'
    const { response, transports } = await performCeremony(mode, options, { signal: controller.signal, ...(mediation ? { mediation } : {}) })
    const values = { challenge_id: challengeId, response, transports }
    for (const [name, value] of Object.entries(values)) {
      const field = this.#field(name)
      if (field) field.value = value
    }
    form.requestSubmit()
  }

  #show(kind: string | undefined): void {
    for (const element of this.querySelectorAll<HTMLElement>('[data-error]')) {
      element.hidden = element.dataset['error'] !== kind
      if (!element.hidden) element.focus()
    }
  }
}

customElements.define('passkey-button', PasskeyButton)
