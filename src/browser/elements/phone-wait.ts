interface Answer { readonly state: string; readonly secondsLeft: number }

/** A code is a new one every five seconds; two of them overlap. */
const pictureMilliseconds = 4_000
const pauseMilliseconds = 1_000

/**
 * <phone-wait data-url="…" data-state="open" [data-picture="…"]>: what a phone says to this page. Asks for news of what it has seen already, which
 * the server answers when there is some; after a yes the browser goes on by itself. Without script the page comes again by itself.
 */
class PhoneWait extends HTMLElement {
  #ending = new AbortController()
  #timer: number | undefined

  connectedCallback(): void {
    const state = this.dataset['state'] ?? ''
    if (state === 'approved') return this.#goOn()
    if (state === 'over') return
    const picture = this.querySelector<HTMLImageElement>('img.qr')
    if (picture) {
      let turn = 0
      this.#timer = window.setInterval(() => { picture.src = `${this.dataset['picture'] ?? ''}?${++turn}` }, pictureMilliseconds)
    }
    void this.#listen(state)
  }

  disconnectedCallback(): void {
    this.#ending.abort()
    window.clearInterval(this.#timer)
  }

  async #listen(seen: string): Promise<void> {
    while (!this.#ending.signal.aborted) {
      try {
        const response = await fetch(`${this.dataset['url'] ?? ''}?seen=${seen}`, { headers: { accept: 'application/json' }, signal: this.#ending.signal })
        const answer = response.ok && !response.redirected ? (await response.json()) as Answer : undefined
        if (answer !== undefined && answer.state !== seen) return location.reload()
        // Whoever is refused looks at the page again, which says why; not at once, or a page that says nothing would come again without end.
        if (answer === undefined) await this.#pause()
        if (answer === undefined && response.status < 500) return location.reload()
      } catch {
        await this.#pause()
      }
    }
  }

  #pause(): Promise<void> { return new Promise((resolve) => { window.setTimeout(resolve, pauseMilliseconds) }) }

  #goOn(): void { this.querySelector('form')?.requestSubmit() }
}

customElements.define('phone-wait', PhoneWait)
