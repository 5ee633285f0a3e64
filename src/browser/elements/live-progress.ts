interface Progress { readonly working: boolean; readonly done: number; readonly all: number; readonly text: string }

const everyMilliseconds = 1_500

/**
 * <live-progress data-url="…">: how far a piece of work is, in place; the page itself comes anew once it is over. Without script the
 * page comes again by itself.
 */
class LiveProgress extends HTMLElement {
  #timer: number | undefined

  connectedCallback(): void {
    this.#timer = window.setInterval(() => { void this.#look() }, everyMilliseconds)
  }

  disconnectedCallback(): void { window.clearInterval(this.#timer) }

  async #look(): Promise<void> {
    const answer = await fetch(this.dataset['url'] ?? '', { headers: { accept: 'application/json' } }).catch(() => undefined)
    // A server that starts again is asked again; one that refuses has its reasons, which the page itself tells.
    if (answer === undefined || answer.status >= 500) return
    const progress = answer.ok ? await answer.json() as Progress : undefined
    if (!progress?.working) {
      window.clearInterval(this.#timer)
      location.reload()
      return
    }
    const bar = this.querySelector('progress')
    if (bar && progress.all > 0) {
      bar.max = progress.all
      bar.value = progress.done
    }
    const text = this.querySelector('[data-text]')
    if (text && text.textContent !== progress.text) text.textContent = progress.text
  }
}

customElements.define('live-progress', LiveProgress)
