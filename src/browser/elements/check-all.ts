/** <check-all data-name="field" data-label="…">: a box that checks or clears all boxes of that name in its form. */
class CheckAll extends HTMLElement {
  connectedCallback(): void {
    const form = this.closest('form')
    if (!form || this.firstChild) return
    const all = document.createElement('input')
    all.type = 'checkbox'
    all.ariaLabel = this.dataset['label'] ?? ''
    this.append(all)
    const boxes = [...form.querySelectorAll<HTMLInputElement>(`input[type="checkbox"][name="${this.dataset['name'] ?? ''}"]`)]
    const update = (): void => {
      const checked = boxes.filter((box) => box.checked).length
      all.checked = checked > 0 && checked === boxes.length
      all.indeterminate = checked > 0 && checked < boxes.length
    }
    all.addEventListener('change', () => { for (const box of boxes) box.checked = all.checked })
    form.addEventListener('change', update)
    window.addEventListener('pageshow', update)
  }
}

customElements.define('check-all', CheckAll)
