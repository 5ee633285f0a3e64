import { plain } from '../plain.ts'

export type Values = Readonly<Record<string, unknown>>
/** What a button does, with the value it stands for; what a form does, with what is in it. */
export type Acts = Readonly<Record<string, (value: string, form: FormData) => void>>

const lang = (): string => document.documentElement.lang
let shown = ''

/** A moment in the reader's words, with the day where it is not today's. */
export function timeText(at: number): string {
  const today = new Date(at).toDateString() === new Date().toDateString()
  return new Intl.DateTimeFormat(lang(), today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' }).format(at)
}

/** "40 seconds", in the reader's language. */
export function secondsText(count: number): string {
  return new Intl.NumberFormat(lang(), { style: 'unit', unit: 'second', unitDisplay: 'long' }).format(count)
}

/** "now", "40 seconds ago". */
export function agoText(seconds: number): string {
  const format = new Intl.RelativeTimeFormat(lang(), { numeric: 'auto' })
  return seconds < 60 ? format.format(-seconds, 'second') : format.format(-Math.floor(seconds / 60), 'minute')
}

export function numberText(count: number): string {
  return new Intl.NumberFormat(lang()).format(count)
}

/** A text that the page brought along; empty where it has none. */
export function textOf(key: string): string {
  const texts = document.querySelector<HTMLTemplateElement>('#texts')
  return texts?.content.querySelector(`[data-key="${CSS.escape(key)}"]`)?.textContent ?? ''
}

/** Fills what a template leaves open. Nothing is ever read as HTML, nor turns the direction of what stands beside it. */
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
    const { text, time, if: condition, href, hueOf, value, act, input } = element.dataset
    if (text !== undefined) element.textContent = plain(String(values[text] ?? ''), 1_000)
    if (time !== undefined && element instanceof HTMLTimeElement) setTime(element, values[time])
    if (condition !== undefined) element.toggleAttribute('hidden', !values[condition])
    if (href !== undefined && element instanceof HTMLAnchorElement) element.href = String(values[href] ?? '')
    if (hueOf !== undefined) element.dataset['hue'] = String(values[hueOf] ?? '')
    if (value !== undefined) element.dataset['given'] = String(values[value] ?? '')
    if (input !== undefined && element instanceof HTMLInputElement) element.value = String(values[input] ?? '')
    if (act !== undefined) {
      const isForm = element instanceof HTMLFormElement
      element.addEventListener(isForm ? 'submit' : 'click', (event) => {
        event.preventDefault()
        acts[act]?.(element.dataset['given'] ?? '', isForm ? new FormData(element) : new FormData())
      })
    }
    for (const name of ['text', 'time', 'if', 'href', 'hueOf', 'value', 'act', 'input']) if (element.dataset[name] !== undefined) delete element.dataset[name]
  }
}

export function setTime(element: HTMLTimeElement, at: unknown): void {
  if (typeof at !== 'number') return
  element.dateTime = new Date(at).toISOString()
  element.textContent = timeText(at)
}

export function mainPart(): HTMLElement {
  const main = document.querySelector<HTMLElement>('#main')
  if (!main) throw new Error('there is no place for a screen')
  return main
}

/** The name of the screen that is up. */
export function screenName(): string {
  return mainPart().dataset['screen'] ?? ''
}

/** Shows a screen in place of the one before; the same one with the same values stays untouched, with whatever has the focus in it. @returns its root */
export function show(name: string, values: Values = {}, acts: Acts = {}): HTMLElement {
  const main = mainPart()
  const said = `${name} ${JSON.stringify(values)}`
  if (said === shown && main.dataset['screen'] === name) return main
  const template = document.querySelector<HTMLTemplateElement>(`#screen-${name}`)
  if (!template) throw new Error(`there is no screen ${name}`)
  const screen = template.content.cloneNode(true) as DocumentFragment
  fill(screen, values, acts)
  const before = main.dataset['screen']
  main.replaceChildren(screen)
  main.dataset['screen'] = name
  shown = said
  const home = name === 'home' || name === 'start'
  document.querySelector('#back')?.toggleAttribute('hidden', home)
  document.querySelector('#mark')?.toggleAttribute('hidden', !home)
  // A new screen is a new page to whoever listens to it; the same one with news is not.
  if (before !== undefined && before !== name) {
    main.focus({ preventScroll: true })
    window.scrollTo(0, 0)
  }
  return main
}
