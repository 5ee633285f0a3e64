/** <count-down data-seconds="600">: minutes and seconds left, counted from when the page came, whatever the clock says. */
class CountDown extends HTMLElement {
  #timer: number | undefined

  connectedCallback(): void {
    const end = performance.now() + Number(this.dataset['seconds'] ?? 0) * 1_000
    const show = (): void => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1_000))
      this.textContent = `${String(Math.floor(left / 60)).padStart(2, '0')}:${String(left % 60).padStart(2, '0')}`
      // Announced twice only: a timer that speaks each second cannot be listened to.
      this.setAttribute('aria-live', left === 60 || left === 0 ? 'polite' : 'off')
      if (left === 0) window.clearInterval(this.#timer)
    }
    show()
    this.#timer = window.setInterval(show, 1_000)
  }

  disconnectedCallback(): void { window.clearInterval(this.#timer) }
}

customElements.define('count-down', CountDown)
