/** <user-menu> around a <details>: Escape and a press elsewhere close it. */
class UserMenu extends HTMLElement {
  connectedCallback(): void {
    const details = this.querySelector('details')
    if (!details) return
    this.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !details.open) return
      details.open = false
      details.querySelector('summary')?.focus()
    })
    document.addEventListener('click', (event) => {
      if (!(event.target instanceof Node) || !details.contains(event.target)) details.open = false
    })
  }
}

customElements.define('user-menu', UserMenu)
