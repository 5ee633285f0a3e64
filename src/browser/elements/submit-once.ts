/**
 * <submit-once [data-needs="field"] [data-wait="seconds"]> around a button: locks it after the first press, while a
 * needed field is empty, or for so long after the page came, whatever the clock says.
 */
class SubmitOnce extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector('button')
    const form = this.closest('form')
    if (!button || !form) return
    const needed = this.dataset['needs'] === undefined ? null : form.querySelector<HTMLInputElement>(`[name="${this.dataset['needs']}"]`)
    const ready = performance.now() + Number(this.dataset['wait'] ?? 0) * 1_000
    const update = (): void => { button.disabled = needed?.value.trim() === '' || performance.now() < ready }

    form.addEventListener('submit', () => { window.setTimeout(() => { button.disabled = true }) })
    // Fires at every arrival, the first one too, and when the browser brings the page back with its button still locked.
    window.addEventListener('pageshow', update)
    needed?.addEventListener('input', update)
    window.setTimeout(update, Math.max(0, ready - performance.now()) + 50)
    update()
  }
}

customElements.define('submit-once', SubmitOnce)
