import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firefoxId } from '../../src/downloads/manifest.ts'
import { freePort } from './port.ts'

export interface Tab {
  /** What the expression comes to, as JSON can say it. */
  evaluate<T>(expression: string): Promise<T>
  goto(url: string): Promise<void>
  /** Presses the mouse there, as far as the browser can tell. */
  click(selector: string): Promise<void>
  /** Ends when the page shows this text. */
  shows(text: string): Promise<void>
  lacks(text: string): Promise<void>
  resize(width: number, height: number): Promise<void>
  screenshot(file: string): Promise<void>
  close(): Promise<void>
}

export interface Firefox {
  readonly version: string
  tab(url: string): Promise<Tab>
  /** For as long as this Firefox runs, as about:debugging does. */
  install(file: string): Promise<void>
  /** Runs in the browser's own window, where its questions are. */
  inWindow<T>(script: string): Promise<T>
  /** Waits for the browser's question and presses a button of it. @returns what it says */
  answer(button: 'primary' | 'secondary'): Promise<string>
  /** As it does after half a minute without events. */
  endBackground(): Promise<void>
  /** A key that the browser itself asks when it has nobody else to ask. */
  plugIn(): Promise<void>
  close(): Promise<void>
}

const uuid = '6b1f0a52-7f6e-4c1c-9d21-3c1de1c7e111'
/** Where the pages of our extension are; each Firefox makes up an address of its own unless it is told. */
export const extensionAddress = `moz-extension://${uuid}/extension/popup.html`

const executable = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => existsSync(path))

export function firefoxMissing(): string | undefined {
  return executable === undefined ? 'Firefox is not installed here' : undefined
}

/**
 * A Firefox with a profile of its own, driven by WebDriver BiDi; Playwright cannot drive the one that is not its own. What BiDi has no word for, the
 * browser's own window and keys to plug in, goes by Marionette, in the same session.
 * @param order.before a command that starts it, such as one that makes a namespace
 */
export async function startFirefox(order: { readonly preferences?: Readonly<Record<string, string | number | boolean>>; readonly before?: readonly string[]; readonly environment?: Readonly<Record<string, string | undefined>> } = {}): Promise<Firefox> {
  if (executable === undefined) throw new Error('Firefox is not installed here')
  const profile = mkdtempSync(join(tmpdir(), 'doorward-firefox-'))
  const preferences = { 'extensions.webextensions.uuids': JSON.stringify({ [firefoxId]: uuid }), 'marionette.port': await freePort(), 'security.webauth.webauthn_enable_softtoken': true, 'security.webauth.webauthn_enable_usbtoken': false, ...order.preferences }
  writeFileSync(join(profile, 'user.js'), Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join(''))
  const [command = '', ...rest] = [...(order.before ?? []), executable, '--no-remote', '--profile', profile, '--remote-debugging-port', '0', '--marionette', '--remote-allow-system-access']
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: profile, MOZ_HEADLESS: '1', ...order.environment } })
  let errors = ''
  child.stderr.on('data', (part: Buffer) => { errors += part.toString() })
  const ended = new Promise<void>((resolve) => { child.on('close', () => { resolve() }) })
  while (!errors.includes('BiDi listening') || !existsSync(join(profile, 'MarionetteActivePort'))) {
    if (child.exitCode !== null) throw new Error(`Firefox ended: ${errors}`)
    await new Promise((resolve) => { setTimeout(resolve, 20) })
  }
  const marionette = await openMarionette(Number(readFileSync(join(profile, 'MarionetteActivePort'), 'utf8')))
  const { capabilities } = await marionette.call<{ capabilities: { webSocketUrl: string; browserVersion: string } }>('WebDriver:NewSession', { webSocketUrl: true })
  const bidi = await openBidi(capabilities.webSocketUrl)
  const inWindow = async <T>(script: string): Promise<T> => {
    await marionette.call('Marionette:SetContext', { value: 'chrome' })
    try {
      return (await marionette.call<{ value: T }>('WebDriver:ExecuteScript', { script, args: [] })).value
    } finally {
      await marionette.call('Marionette:SetContext', { value: 'content' })
    }
  }
  return {
    version: capabilities.browserVersion,
    async tab(url) {
      const { context } = await bidi.call<{ context: string }>('browsingContext.create', { type: 'tab' })
      const tab = tabOf(bidi, context)
      await tab.goto(url)
      return tab
    },
    install: async (path) => { await bidi.call('webExtension.install', { extensionData: { type: 'archivePath', path } }) },
    inWindow,
    async answer(button) {
      const end = Date.now() + 10_000
      const open = `const [asked] = PopupNotifications.panel.children; return PopupNotifications.panel.state === 'open' && asked && !asked.button.disabled ? asked.textContent : null`
      let text: string | null
      while ((text = await inWindow<string | null>(open)) === null) {
        if (Date.now() > end) throw new Error('the browser asks nothing')
        await new Promise((resolve) => { setTimeout(resolve, 30) })
      }
      await inWindow(`PopupNotifications.panel.firstElementChild.${button === 'primary' ? 'button' : 'secondaryButton'}.click()`)
      return text
    },
    endBackground: () => inWindow(`WebExtensionPolicy.getByID('${firefoxId}').extension.terminateBackground({ ignoreDevToolsAttached: true })`),
    plugIn: async () => { await marionette.call('WebAuthn:AddVirtualAuthenticator', { protocol: 'ctap2_1', transport: 'usb', hasResidentKey: true, hasUserVerification: true, isUserConsenting: true, isUserVerified: true }) },
    async close() {
      await marionette.call('Marionette:Quit', { flags: ['eForceQuit'] })
      marionette.close()
      bidi.close()
      const slow = setTimeout(() => { child.kill('SIGKILL') }, 5_000)
      await ended
      clearTimeout(slow)
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

interface Line { call<T>(method: string, params?: object): Promise<T>; close(): void }

function tabOf({ call }: Line, context: string): Tab {
  const evaluate = async <T>(expression: string): Promise<T> => {
    const said = await call<{ type: string; result?: { value?: string }; exceptionDetails?: { text: string } }>('script.evaluate', { expression: `(async () => JSON.stringify((await (${expression})) ?? null))()`, target: { context }, awaitPromise: true })
    if (said.type !== 'success') throw new Error(`${expression}: ${said.exceptionDetails?.text ?? said.type}`)
    return JSON.parse(said.result?.value ?? 'null') as T
  }
  const until = async (expression: string): Promise<void> => {
    const end = Date.now() + 10_000
    while (!await evaluate<boolean>(expression)) {
      if (Date.now() > end) throw new Error(`not so within 10 s: ${expression}; the page says: ${await evaluate<string>('document.body.innerText')}`)
      await new Promise((resolve) => { setTimeout(resolve, 30) })
    }
  }
  return {
    evaluate,
    goto: async (url) => { await call('browsingContext.navigate', { context, url, wait: 'complete' }) },
    async click(selector) {
      const found = `document.querySelector(${JSON.stringify(selector)})`
      await call('browsingContext.activate', { context })
      // Pages that draw themselves anew put another element under the mouse.
      await until(`(async () => { const one = ${found}; await new Promise((resolve) => setTimeout(resolve, 80)); return one !== null && one === ${found} && one.getClientRects().length > 0 })()`)
      const { nodes: [element] } = await call<{ nodes: readonly { sharedId: string }[] }>('browsingContext.locateNodes', { context, locator: { type: 'css', value: selector } })
      await evaluate(`${found}.scrollIntoView({ block: 'center' })`)
      await call('input.performActions', { context, actions: [{ type: 'pointer', id: 'mouse', actions: [
        { type: 'pointerMove', x: 0, y: 0, origin: { type: 'element', element: { sharedId: element?.sharedId } } }, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 },
      ] }] })
    },
    shows: (text) => until(`document.body.innerText.includes(${JSON.stringify(text)})`),
    lacks: (text) => until(`!document.body.innerText.includes(${JSON.stringify(text)})`),
    resize: async (width, height) => { await call('browsingContext.setViewport', { context, viewport: { width, height } }) },
    async screenshot(file) {
      const { data } = await call<{ data: string }>('browsingContext.captureScreenshot', { context })
      writeFileSync(file, Buffer.from(data, 'base64'))
    },
    close: async () => { await call('browsingContext.close', { context }) },
  }
}

/** @see https://w3c.github.io/webdriver-bidi/ */
async function openBidi(url: string): Promise<Line> {
  const socket = new WebSocket(url)
  const waiting = new Waiting()
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error, message } = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: string; message?: string }
    if (id !== undefined) waiting.settle(id, result, error === undefined ? undefined : `${error}: ${message ?? ''}`)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => { reject(new Error('Firefox does not answer')) })
  })
  return { call: (method, params = {}) => waiting.add(method, (id) => { socket.send(JSON.stringify({ id, method, params })) }), close: () => { socket.close() } }
}

/** Messages are `<bytes>:<JSON>`, of a call `[0, id, name, parameters]`, of an answer `[1, id, error, result]`. */
async function openMarionette(port: number): Promise<Line> {
  const socket = await new Promise<Socket>((resolve) => {
    const made = connect(port, '127.0.0.1', () => { resolve(made) })
  })
  const waiting = new Waiting()
  let rest = Buffer.alloc(0)
  socket.on('data', (part: Buffer) => {
    rest = Buffer.concat([rest, part])
    for (let colon = rest.indexOf(':'); colon > 0; colon = rest.indexOf(':')) {
      const end = colon + 1 + Number(rest.subarray(0, colon).toString())
      if (rest.length < end) return
      const said = JSON.parse(rest.subarray(colon + 1, end).toString()) as readonly [number, number, { readonly message: string } | null, unknown] | object
      rest = rest.subarray(end)
      // The first one is a greeting.
      if (Array.isArray(said)) waiting.settle(said[1] as number, said[3], (said[2] as { readonly message: string } | null)?.message)
    }
  })
  return {
    call: (method, params = {}) => waiting.add(method, (id) => {
      const text = JSON.stringify([0, id, method, params])
      socket.write(`${Buffer.byteLength(text)}:${text}`)
    }),
    close: () => { socket.destroy() },
  }
}

class Waiting {
  readonly #calls = new Map<number, (result: unknown, error: string | undefined) => void>()
  #count = 0

  add<T>(method: string, send: (id: number) => void): Promise<T> {
    const id = (this.#count += 1)
    return new Promise((resolve, reject) => {
      this.#calls.set(id, (result, error) => {
        if (error === undefined) resolve(result as T)
        else reject(new Error(`${method}: ${error}`))
      })
      send(id)
    })
  }

  settle(id: number, result: unknown, error: string | undefined): void {
    this.#calls.get(id)?.(result, error)
    this.#calls.delete(id)
  }
}
