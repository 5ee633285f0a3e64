const patienceMilliseconds = 5_000

/** <sign-out-steps>: goes on when every frame has been answered, or after five seconds. Without script the link below does. */
class SignOutSteps extends HTMLElement {
  connectedCallback(): void {
    const { next } = this.dataset
    if (next === undefined) return
    const frames = [...this.querySelectorAll('iframe')]
    const answered = frames.map((frame) => new Promise((done) => { frame.addEventListener('load', done, { once: true }) }))
    const late = new Promise((done) => { setTimeout(done, patienceMilliseconds) })
    // A frame that posts a form loads twice; a short wait lets the second one leave.
    const settled = Promise.all(answered).then(() => new Promise((done) => { setTimeout(done, 800) }))
    void Promise.race([settled, late]).then(() => { location.assign(next) })
  }
}

customElements.define('sign-out-steps', SignOutSteps)
