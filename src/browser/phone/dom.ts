export type Values = Readonly<Record<string, unknown>>
export type Acts = Readonly<Record<string, (value: string) => void>>

const lang = (): string => document.documentElement.lang

/** A moment in the reader's words, with the day where it is not today's. */
export function timeText(at: number): string {
  const today = new Date(at).toDateString() === new Date().toDateString()
  return new Intl.DateTimeFormat(lang(), today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' }).format(at)
}

/** A text that the page brought along. */
export function textOf(key: string): string {
  const texts = document.querySelector<HTMLTemplateElement>('#texts')
  return texts?.content.querySelector(`[data-key="${key}"]`)?.textContent ?? ''
}

/** Fills what a template leaves open. Nothing is ever read as HTML. */
function fill(root: DocumentFragment | HTMLElement, values: Values, acts: Acts): void {
  for (const list of root.querySelectorAll<HTMLElement>('[data-each]')) {
    const template = list.querySelector('template')
    const items = (values[list.dataset['each'] ?? ''] ?? []) as readonly Values[]
    if (template) {
      for (const item of items) {
        const one = template.content.cloneNode(true) as DocumentFragment
        fill(one, item, acts)
        list.append(one)
      }
    }
    list.hidden = items.length === 0
    delete list.dataset['each']
  }
  for (const element of root.querySelectorAll<HTMLElement>('*')) {
    const { text, time, if: shown, href, hueOf, value, act, input, checked, number } = element.dataset
    if (text !== undefined) element.textContent = String(values[text] ?? '')
    if (time !== undefined && element instanceof HTMLTimeElement) {
      const at = values[time]
      if (typeof at === 'number') {
        element.dateTime = new Date(at).toISOString()
        element.textContent = timeText(at)
      }
    }
    if (shown !== undefined) element.toggleAttribute('hidden', !values[shown])
    if (href !== undefined && element instanceof HTMLAnchorElement) element.href = String(values[href] ?? '')
    if (hueOf !== undefined) element.dataset['hue'] = String(values[hueOf] ?? '')
    if (value !== undefined) element.dataset['given'] = String(values[value] ?? '')
    if (input !== undefined && element instanceof HTMLInputElement) element.value = String(values[input] ?? '')
    if (checked !== undefined && element instanceof HTMLInputElement) element.checked = values[checked] === true
    if (number !== undefined) element.ariaLabel = `${element.ariaLabel ?? ''} ${String(values[number] ?? '')}`
    if (act !== undefined) element.addEventListener('click', () => { acts[act]?.(element.dataset['given'] ?? '') })
    for (const name of ['text', 'time', 'if', 'href', 'hueOf', 'value', 'act', 'input', 'checked', 'number']) if (element.dataset[name] !== undefined) delete element.dataset[name]
  }
}

/** Shows a screen in place of the one before. @returns its root */
export function show(name: string, values: Values = {}, acts: Acts = {}): HTMLElement {
  const main = document.querySelector<HTMLElement>('#main')
  const template = document.querySelector<HTMLTemplateElement>(`#screen-${name}`)
  if (!main || !template) throw new Error(`there is no screen ${name}`)
  const screen = template.content.cloneNode(true) as DocumentFragment
  fill(screen, values, acts)
  const before = main.dataset['screen']
  main.replaceChildren(screen)
  main.dataset['screen'] = name
  // A new screen is a new page to whoever listens to it; the same one with news is not.
  if (before !== undefined && before !== name) {
    main.focus({ preventScroll: true })
    main.scrollTop = 0
  }
  return main
}

export function onSubmit(root: HTMLElement, name: string, act: (form: FormData) => void): void {
  root.querySelector<HTMLFormElement>(`form[data-form="${name}"]`)?.addEventListener('submit', (event) => {
    event.preventDefault()
    act(new FormData(event.target as HTMLFormElement))
  })
}
