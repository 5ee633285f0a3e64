/**
 * <submit-once [data-needs="field"] [data-from="epoch ms"]> around a button: locks it after the first press, while a
 * needed field is empty, or until a time.
 */
class SubmitOnce extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector('button')
    const form = this.closest('form')
    if (!button || !form) return
    form.addEventListener('submit', () => { window.setTimeout(() => { button.disabled = true }) })
    window.addEventListener('pageshow', () => { button.disabled = false })

    const needed = this.dataset['needs'] === undefined ? null : form.querySelector<HTMLInputElement>(`[name="${this.dataset['needs']}"]`)
    if (needed) {
      const update = (): void => { button.disabled = needed.value.trim() === '' }
      needed.addEventListener('input', update)
      window.addEventListener('pageshow', update)
      update()
    }
    const wait = Number(this.dataset['from'] ?? 0) - Date.now()
    if (wait > 0 && wait < 600_000) {
      button.disabled = true
      window.setTimeout(() => { button.disabled = false }, wait)
    }
  }
}

customElements.define('submit-once', SubmitOnce)
