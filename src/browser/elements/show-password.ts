/** <show-password data-for="id">: a button that shows what was typed; hidden without script, and forgotten before the form is sent. */
class ShowPassword extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector('button')
    const field = document.getElementById(this.dataset['for'] ?? '')
    if (!button || !(field instanceof HTMLInputElement)) return
    const show = (shown: boolean): void => {
      field.type = shown ? 'text' : 'password'
      button.setAttribute('aria-pressed', String(shown))
    }
    button.hidden = false
    button.addEventListener('click', () => { show(field.type === 'password') })
    // A browser offers to remember what stands in a text field; a password is none of those.
    field.form?.addEventListener('submit', () => { show(false) })
  }
}

customElements.define('show-password', ShowPassword)
