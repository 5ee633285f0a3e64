/** <copy-button data-copies="id">: copies the text of an element; hidden where the browser cannot. */
class CopyButton extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector('button')
    const source = document.getElementById(this.dataset['copies'] ?? '')
    if (!button || !source || !navigator.clipboard) return
    button.hidden = false
    button.addEventListener('click', () => {
      void navigator.clipboard.writeText(source.innerText).then(() => {
        const done = this.querySelector<HTMLElement>('[data-done]')
        if (done) done.hidden = false
      })
    })
  }
}

customElements.define('copy-button', CopyButton)
