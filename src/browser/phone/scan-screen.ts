import type { ScanAnswer } from '../wire.ts'
import { call, Refusal } from './api.ts'
import type { App } from './app.ts'
import { readCode, readTyped, type Code } from './code.ts'
import { mainPart, show, textOf } from './dom.ts'
import { showHome } from './home-screen.ts'
import type { HeldKey } from './keys.ts'
import { showPair } from './pair-screen.ts'
import { showResult } from './request-screen.ts'
import { scan } from './scanner.ts'
import { chooseKey } from './which-screen.ts'

/** The camera, and a field for whoever has none. @returns how to let the camera go */
export function showScan(app: App): () => void {
  let ending = new AbortController()
  void look()
  return () => { ending.abort() }

  function draw(problem: string, camera: boolean): HTMLElement {
    return show('scan', { camera, problem, again: !camera }, {
      again: () => void look(),
      typed(_value, form) {
        const typed = form.get('typed')
        if (!take(readTyped(typeof typed === 'string' ? typed : '', location.origin))) sayForeign()
      },
    })
  }

  async function look(): Promise<void> {
    ending.abort()
    const looking = new AbortController()
    ending = looking
    const video = draw('', true).querySelector('video')
    if (!video) return
    try {
      await scan(video, (text) => take(readCode(text, location.origin)) || (sayForeign(), false), looking.signal)
    } catch (error) {
      if (!looking.signal.aborted) draw(textOf(`problem.${error instanceof Error && error.message === 'camera_refused' ? 'camera_refused' : 'no_camera'}`), false)
    }
  }

  /** Somebody else's code: said once, while the camera goes on. */
  function sayForeign(): void {
    const line = mainPart().querySelector('[data-live="foreign"]')
    if (line && line.textContent === '') line.textContent = textOf('problem.not_ours')
  }

  function take(code: Code | undefined): boolean {
    if (code === undefined) return false
    ending.abort()
    if (code.kind === 'activate') location.assign(code.path)
    else if (code.kind === 'pair') {
      history.replaceState(null, '', '/phone/#/pair')
      void showPair(app, code.address)
    } else void follow(app, code.secret)
    return true
  }
}

/** A code of a computer's page: for the one key of this phone, or for the one that is chosen. */
export async function follow(app: App, secret: string): Promise<void> {
  if (app.keys.every(({ lost }) => lost !== null)) {
    history.replaceState(null, '', '/phone/#/')
    return showHome(app, textOf('problem.no_key'))
  }
  chooseKey(app, (held) => void send(app, held, secret))
}

async function send(app: App, held: HeldKey, secret: string): Promise<void> {
  show('busy')
  try {
    const { approval } = await call<ScanAnswer>(held, 'POST', '/scans', { secret })
    if (approval === null) return showResult('unknown_code')
    await app.look(held.id)
    location.replace(`/phone/#/request/${held.id}/${approval.id}`)
  } catch (error) {
    history.replaceState(null, '', '/phone/#/')
    await app.look(held.id)
    showHome(app, textOf(`problem.${error instanceof Refusal && (error.code === 'offline' || error.code === 'limit') ? error.code : 'other'}`))
  }
}
