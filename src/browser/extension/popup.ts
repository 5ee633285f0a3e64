import type { Act } from './background.ts'
import { make, picture, type Part } from './dom.ts'
import { everywhere, readFacts, tabs } from './facts.ts'
import { chosenPhone, keptPhones, removePhone, type KeptPhone } from './phones.ts'
import { modelOf, pairPhone } from './pairing-screen.ts'
import { platform } from './platform.ts'
import { siteName } from './request.ts'
import { changeSettings, changeStanding, serverAddress, type Pending, type Trouble, type Use } from './settings.ts'
import { onMinutes, positionOf, type Facts, type Position } from './switch.ts'
import { clock, setLanguage, text } from './texts.ts'

const main = document.querySelector<HTMLElement>('#main') ?? document.body
const order = (act: Act['act'], id: string): void => { void platform.runtime.sendMessage({ act, id } satisfies Act) }
/** Pairing takes longer than a popup lives: it closes as soon as somebody looks elsewhere. */
const inWindow = location.hash === '#pair'
/** Home is drawn anew whenever something changes; the other screens stay until they are left. */
let atHome = !inWindow
let drawing = 0
const answerMilliseconds = 300

function show(...parts: readonly Part[]): void {
  atHome = false
  drawing += 1
  main.replaceChildren(...parts.filter((part) => part !== null && part !== false))
  main.focus({ preventScroll: true })
}

setLanguage(document.documentElement)
document.title = text('name')
document.body.classList.toggle('window', inWindow)
platform.storage.onChanged.addListener(() => { if (atHome) void showHome() })
if (inWindow) void pairPhone(show, () => { window.close() })
else void showHome()

async function showHome(problem: string | null = null): Promise<void> {
  const mine = (drawing += 1)
  const [facts, phones, here, may] = await Promise.all([readFacts(), keptPhones(), waitsHere(), readRights()])
  // What changed meanwhile is drawn by whoever heard of it.
  if (mine !== drawing) return
  const { settings, standing } = facts
  const position = positionOf(facts, Date.now())
  const phone = chosenPhone(phones, settings.phone)
  const focused = document.activeElement?.id ?? ''
  atHome = true
  main.replaceChildren(...[
    stateOf(facts, position, phone),
    standing.pending !== null && askedNow(standing.pending, phone ? modelOf(phone.phone) : ''),
    here !== undefined && position === 'on' && standing.pending === null && make('button', { class: 'button button--primary', type: 'button', onclick: () => { void platform.tabs.sendMessage(here, 'begin') } }, text('use.here')),
    problem !== null && make('div', { class: 'notice', role: 'alert' }, make('p', {}, problem)),
    standing.notice !== null && make('div', { class: 'notice', role: 'status' }, make('strong', {}, standing.notice.site), make('p', {}, problems[standing.notice.trouble]()), make('button', { class: 'button button--plain', type: 'button', onclick: () => { void changeStanding({ notice: null }) } }, text('close'))),
    standing.taken && make('div', { class: 'notice' }, make('p', {}, text('taken'))),
    position === 'resting' && make('div', { class: 'notice' }, make('p', {}, text('resting')), make('button', { class: 'button button--plain', type: 'button', id: 'go-on', onclick: () => { void changeStanding({ resting: false, unanswered: [] }) } }, text('go_on'))),
    position === 'paused' && make('div', { class: 'notice' }, make('p', {}, text('paused')), make('button', { class: 'button button--plain', type: 'button', id: 'go-on', onclick: () => { void changeStanding({ pausedUntil: 0 }) } }, text('go_on'))),
    phones.length > 0 && platform.webAuthenticationProxy === undefined && !may.everywhere && permissionAsked(),
    phones.length > 0 && useChoice(facts),
    position === 'on' && !may.tabs && frontAsked(facts),
    phones.length > 0 && phoneList(phones, phone),
    make('button', { class: phones.length === 0 ? 'button button--primary button--wide' : 'button button--wide', type: 'button', id: 'pair', onclick: beginPairing }, picture('icon', 'M12 5v14M5 12h14'), text('pair.title')),
    phones.length > 0 && platform.webAuthenticationProxy !== undefined && laneChoice(facts),
    make('footer', { class: 'foot' }, make('button', { class: 'button button--plain', type: 'button', onclick: () => { void openHelp() } }, text('help')), make('button', { class: 'button button--plain', type: 'button', id: 'about', onclick: () => { void showAbout() } }, text('about'))),
  ].filter((part) => part !== false && part !== null))
  if (focused !== '' && document.activeElement === document.body) document.getElementById(focused)?.focus()
}

function stateOf({ settings, rules, standing }: Facts, position: Position, phone: KeptPhone | undefined): HTMLElement {
  if (!phone) return make('section', { class: 'state state--empty center' }, make('h1', {}, text('home.none')), make('p', { class: 'subtle small' }, text('home.none_text')))
  const use = rules.use ?? settings.use
  const on = position === 'on' && standing.attached
  const said = on ? (use === 'minutes' ? text('home.on_until', { time: clock(settings.until) }) : text('home.on')) : text('home.off')
  return make('section', { class: on ? 'state state--on' : 'state' }, make('h1', {}, text('home.paired', { model: modelOf(phone.phone) })), make('p', { class: 'subtle small' }, `${phone.phone.organization} · ${phone.phone.email}`), make('p', { id: 'state', role: 'status' }, said))
}

function askedNow(pending: Pending, model: string): HTMLElement {
  const { id, held, kind, origin } = pending
  return make('section', { class: 'asked', role: 'status' }, make('h2', {}, held ? siteName(origin) : text('asked.title', { model })),
    make('p', {}, held ? (kind === 'create' ? text('asked.held_create') : text('asked.held_get')) : text('asked.site', { site: siteName(origin) })),
    !held && progressOf(pending, model),
    make('div', { class: 'row' }, held && make('button', { class: 'button button--primary', type: 'button', id: 'ask', onclick: () => { order('ask', id) } }, text('asked.ask')), make('button', { class: 'button', type: 'button', id: 'other-key', onclick: () => { order('other_key', id) } }, text('asked.other_key')), make('button', { class: 'button button--plain', type: 'button', id: 'cancel', onclick: () => { order('cancel', id) } }, text('cancel'))))
}

/** What it takes, one after the other: whoever waits sees which of them is missing. */
function progressOf({ stage }: Pending, model: string): HTMLElement {
  const done = stage === null ? 0 : stage === 'sent' ? 1 : stage === 'reached' ? 2 : 3
  const steps = [[text('way.server_done'), text('way.server')], [text('way.phone_done', { model }), text('way.phone', { model })], [text('way.person'), text('way.person')]] as const
  return make('ol', { class: 'way' }, ...steps.map(([after, before], index) => {
    const isDone = index < Math.min(done, 2)
    const isNow = !isDone && index <= done
    return make('li', { class: isDone ? 'way--done' : isNow ? 'way--now' : '', ...(isNow ? { 'aria-current': 'step' } : {}) }, picture('icon', ...(isDone ? ['m5 12 5 5 9-10'] : ['M12 7a5 5 0 1 0 .01 0'])), make('span', {}, isDone ? after : before))
  }))
}

function useChoice({ settings, rules, standing }: Facts): HTMLElement {
  const now = Date.now()
  const use: Use = rules.use ?? (settings.use === 'minutes' && settings.until <= now ? 'off' : settings.use)
  const one = (value: Use, label: string): HTMLElement => make('label', {}, make('input', {
    type: 'radio', name: 'use', value, id: `use-${value}`, checked: use === value, disabled: rules.use !== null,
    onchange: () => { void changeSettings({ use: value, until: value === 'minutes' ? Date.now() + onMinutes * 60_000 : 0 }).then(() => changeStanding({ resting: false, unanswered: [], pausedUntil: 0, notice: standing.notice })) },
  }), label)
  return make('fieldset', { class: 'choices' }, make('legend', {}, text('use.title')), one('minutes', text('use.minutes', { minutes: new Intl.NumberFormat(text('language')).format(onMinutes) })), one('always', text('use.always')), one('off', text('use.off')),
    rules.use !== null && make('p', { class: 'subtle small' }, text('use.managed')))
}

function phoneList(phones: readonly KeptPhone[], chosen: KeptPhone | undefined): HTMLElement {
  const row = (phone: KeptPhone): HTMLElement => {
    const model = modelOf(phone.phone)
    const name = phones.length > 1
      ? make('label', {}, make('input', { type: 'radio', name: 'phone', value: phone.computerId, checked: phone === chosen, onchange: () => { void changeSettings({ phone: phone.computerId }) } }), model)
      : make('span', {}, model)
    return make('li', {}, name, make('button', { class: 'button button--plain', type: 'button', 'aria-label': text('phones.remove_one', { model }), onclick: () => { askRemoval(phone) } }, text('phones.remove')))
  }
  return make('section', { class: 'stack' }, make('h2', {}, phones.length > 1 ? text('phones.which') : text('phones.title')), make('ul', { class: 'phones' }, ...phones.map(row)))
}

function askRemoval(phone: KeptPhone): void {
  const model = modelOf(phone.phone)
  const remove = async (): Promise<void> => {
    let problem: string | null = null
    await removePhone(phone).catch(() => { problem = text('phones.not_removed') })
    await showHome(problem)
  }
  show(make('h1', {}, text('phones.remove_title', { model })), make('p', {}, text('phones.remove_text')),
    make('div', { class: 'pair' }, make('button', { class: 'button', type: 'button', onclick: () => { void showHome() } }, text('back')), make('button', { class: 'button button--primary', type: 'button', id: 'remove', onclick: () => { void remove() } }, text('phones.remove'))))
}

/** Chromium has two ways; the second needs the right to read all pages, which is asked for by this click alone. */
function laneChoice({ settings }: Facts): HTMLElement {
  const choose = async (event: Event): Promise<void> => {
    const wanted = (event.target as HTMLInputElement).checked
    const granted = wanted && (await platform.permissions.request(everywhere))
    await changeSettings({ lane: granted ? 'page' : 'proxy' })
    if (!granted) await platform.permissions.remove(everywhere).catch(() => false)
    await showHome()
  }
  return make('div', { class: 'option' }, make('input', { type: 'checkbox', id: 'lane', checked: settings.lane === 'page', onchange: (event: Event) => { void choose(event) } }), make('label', { for: 'lane' }, text('lane.title')), make('p', { class: 'subtle small' }, text('lane.text')))
}

/** With "always", whoever lets the extension see the page in front is spared the click for it. */
function frontAsked({ settings, rules }: Facts): Part {
  if ((rules.use ?? settings.use) !== 'always' || settings.lane !== 'proxy') return false
  return make('div', { class: 'notice' }, make('p', {}, text('front.text')), make('button', { class: 'button', type: 'button', id: 'front', onclick: () => { void platform.permissions.request(tabs).then(() => showHome()) } }, text('front.ask')))
}

function permissionAsked(): Part {
  return make('div', { class: 'notice' }, make('p', {}, text('permission.text')), make('button', { class: 'button', type: 'button', id: 'permission', onclick: () => { void platform.permissions.request(everywhere).then(() => showHome()) } }, text('permission.ask')))
}

function beginPairing(): void {
  void platform.windows.create({ url: platform.runtime.getURL('extension/popup.html#pair'), type: 'popup', width: 440, height: 720 }).then(() => { window.close() })
}

async function openHelp(): Promise<void> {
  await platform.tabs.create({ url: `${await serverAddress()}/help/pairing-tool` })
}

async function showAbout(): Promise<void> {
  const server = await serverAddress()
  const { version } = platform.runtime.getManifest()
  const row = (name: string, ...parts: readonly Part[]): readonly Part[] => [make('dt', {}, name), make('dd', {}, ...parts)]
  const facts = make('dl', {}, ...row(text('about.version'), version), ...row(text('about.server'), make('a', { href: server, target: '_blank' }, server)), ...row(text('about.licence'), 'MIT'))
  show(make('h1', {}, text('name')), make('p', {}, text('about.text')), facts, make('p', { class: 'small subtle', id: 'offered', role: 'status' }), make('button', { class: 'button', type: 'button', onclick: () => { void showHome() } }, text('back')))
  const browser = platform.webAuthenticationProxy ? 'chrome' : 'firefox'
  try {
    const { files } = (await (await fetch(`${server}/downloads/extension.json`)).json()) as { readonly files: readonly { readonly browser: string; readonly version: string; readonly sha256: string }[] }
    const offered = files.find((file) => file.browser === browser)
    if (!offered) return
    if (offered.version !== version) document.querySelector('#offered')?.append(text('about.newer', { version: offered.version }))
    facts.append(...row(text('about.checksum'), make('code', {}, offered.sha256)).filter((part) => part !== null && part !== false))
  } catch {
    document.querySelector('#offered')?.append(text('about.offline'))
  }
}

async function readRights(): Promise<{ readonly tabs: boolean; readonly everywhere: boolean }> {
  return { tabs: await platform.permissions.contains(tabs), everywhere: await platform.permissions.contains(everywhere) }
}

/** The tab in front, when a site's form there waits for a passkey. */
async function waitsHere(): Promise<number | undefined> {
  try {
    const [tab] = await platform.tabs.query({ active: true, lastFocusedWindow: true })
    if (tab?.id === undefined) return undefined
    // A page that hangs does not keep the popup waiting.
    const said = (await Promise.race([platform.tabs.sendMessage(tab.id, 'waiting'), new Promise((resolve) => { setTimeout(resolve, answerMilliseconds) })])) as { readonly waiting?: boolean } | undefined
    return said?.waiting ? tab.id : undefined
  } catch {
    return undefined
  }
}

const problems: Readonly<Record<Trouble, () => string>> = {
  denied: () => text('problem.denied'), reported: () => text('problem.reported'), no_key: () => text('problem.no_key'), other_site: () => text('problem.other_site'), excluded: () => text('problem.excluded'),
  not_unlocked: () => text('problem.not_unlocked'), too_late: () => text('problem.too_late'), busy: () => text('problem.busy'), not_supported: () => text('problem.not_supported'), invalid: () => text('problem.invalid'),
  offline: () => text('problem.offline'), removed: () => text('problem.removed'), far: () => text('problem.far'), limit: () => text('problem.limit'), no_phone: () => text('problem.no_phone'), unseen: () => text('problem.unseen'),
  cancelled: () => text('problem.cancelled'), stopped: () => text('problem.cancelled'), tampered: () => text('problem.tampered'),
}
