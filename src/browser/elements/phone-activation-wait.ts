const everyMilliseconds = 2_000

/** <phone-activation-wait data-url="…" data-state="waiting">: the page comes anew when the phone has said something, and Next opens with its yes. */
class PhoneActivationWait extends HTMLElement {
  #timer: number | undefined

  connectedCallback(): void {
    const state = this.dataset['state'] ?? ''
    const next = document.querySelector<HTMLButtonElement>('button[data-disabled]')
    if (next) next.disabled = true
    if (state !== 'waiting' && state !== 'opened') return
    const look = (): void => { void this.#look(state) }
    this.#timer = window.setInterval(look, everyMilliseconds)
    document.addEventListener('visibilitychange', look)
  }

  disconnectedCallback(): void { window.clearInterval(this.#timer) }

  async #look(seen: string): Promise<void> {
    const answer = await fetch(this.dataset['url'] ?? '', { headers: { accept: 'application/json' } }).catch(() => undefined)
    if (answer === undefined || answer.status >= 500) return
    const state = answer.ok && !answer.redirected ? ((await answer.json()) as { state: string }).state : undefined
    if (state === seen) return
    window.clearInterval(this.#timer)
    location.reload()
  }
}

customElements.define('phone-activation-wait', PhoneActivationWait)
