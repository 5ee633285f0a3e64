/** What is used of the browsers' interface for extensions, and nothing else of it. Chrome, Edge and Firefox call it `chrome` and answer with promises. */
export interface Platform {
  readonly webAuthenticationProxy?: ProxyPlatform
  readonly storage: {
    readonly local: Area
    /** Lasts as long as the browser runs; a worker that was ended finds it again. */
    readonly session: Area
    readonly managed: Pick<Area, 'get'>
    readonly onChanged: Happening<[changes: Readonly<Record<string, unknown>>, area: string]>
  }
  readonly alarms: { create(name: string, when: { readonly when?: number; readonly periodInMinutes?: number }): unknown; clear(name: string): Promise<boolean>; readonly onAlarm: Happening<[{ readonly name: string }]> }
  readonly runtime: {
    readonly id: string
    getURL(path: string): string
    getManifest(): { readonly version: string }
    getPlatformInfo(): Promise<{ readonly os: string }>
    sendMessage(message: unknown): Promise<unknown>
    connect(as: { readonly name: string }): Port
    readonly onMessage: Happening<[message: unknown, sender: Sender, answer: (answer: unknown) => void], boolean | undefined>
    readonly onConnect: Happening<[Port]>
    readonly onStartup: Happening<[]>
    readonly onInstalled: Happening<[]>
  }
  readonly action: { setBadgeText(text: { readonly text: string }): Promise<void>; setBadgeBackgroundColor(colour: { readonly color: string }): Promise<void>; setTitle(title: { readonly title: string }): Promise<void>; openPopup?(): Promise<void> }
  readonly i18n: { getMessage(name: string, values?: readonly string[]): string; getUILanguage(): string }
  readonly permissions: { contains(wanted: Rights): Promise<boolean>; request(wanted: Rights): Promise<boolean>; remove(wanted: Rights): Promise<boolean>; readonly onAdded: Happening<[Rights]>; readonly onRemoved: Happening<[Rights]> }
  readonly scripting: {
    registerContentScripts(scripts: readonly ContentScript[]): Promise<void>
    unregisterContentScripts(filter: { readonly ids: readonly string[] }): Promise<void>
    getRegisteredContentScripts(filter: { readonly ids: readonly string[] }): Promise<readonly { readonly id: string }[]>
  }
  readonly tabs: { create(order: { readonly url: string }): Promise<unknown>; query(order: { readonly active: true; readonly lastFocusedWindow: true }): Promise<readonly { readonly id?: number; readonly url?: string }[]>; sendMessage(tab: number, message: unknown): Promise<unknown> }
  readonly windows: { create(order: { readonly url: string; readonly type: 'popup'; readonly width: number; readonly height: number }): Promise<unknown> }
}

export interface Rights { readonly origins?: readonly string[]; readonly permissions?: readonly string[] }
export interface Happening<Given extends readonly unknown[], Answer = unknown> { addListener(listener: (...given: Given) => Answer | void): void }
export interface Area { get(names: readonly string[] | string | null): Promise<Readonly<Record<string, unknown>>>; set(values: Readonly<Record<string, unknown>>): Promise<void> }
export interface Sender { readonly id?: string; readonly url?: string; readonly origin?: string; readonly frameId?: number; readonly tab?: { readonly id?: number } }
export interface Port { readonly name: string; readonly sender?: Sender; postMessage(message: unknown): void; disconnect(): void; readonly onMessage: Happening<[message: unknown]>; readonly onDisconnect: Happening<[]> }
export interface ContentScript { readonly id: string; readonly matches: readonly string[]; readonly js: readonly string[]; readonly runAt: 'document_start'; readonly allFrames: true; readonly world: 'MAIN' | 'ISOLATED'; readonly persistAcrossSessions: true }

/** chrome.webAuthenticationProxy, of Chrome 115 and later; Firefox and Safari have nothing like it. */
export interface ProxyPlatform {
  /** An error comes as a text. */
  attach(): Promise<string | undefined>
  detach(): Promise<string | undefined>
  completeCreateRequest(answer: ProxyAnswer): Promise<void>
  completeGetRequest(answer: ProxyAnswer): Promise<void>
  completeIsUvpaaRequest(answer: { readonly requestId: number; readonly isUvpaa: boolean }): Promise<void>
  readonly onCreateRequest: Happening<[ProxyRequest]>
  readonly onGetRequest: Happening<[ProxyRequest]>
  readonly onIsUvpaaRequest: Happening<[{ readonly requestId: number }]>
  readonly onRequestCanceled: Happening<[requestId: number]>
}
export interface ProxyRequest { readonly requestId: number; readonly requestDetailsJson: string }
export interface ProxyAnswer { readonly requestId: number; readonly responseJson?: string; readonly error?: { readonly name: string; readonly message: string } }

export const platform = (globalThis as unknown as { readonly chrome: Platform }).chrome
