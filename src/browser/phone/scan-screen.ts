import type { ScanAnswer } from '../wire.ts'
import { call } from './api.ts'
import type { App } from './app.ts'
import { onSubmit, show, textOf } from './dom.ts'
import type { HeldKey } from './keys.ts'
import { showResult } from './request-screen.ts'
import { readCode, scan } from './scanner.ts'

/** The camera, and a field for whoever has none. @returns how to let the camera go */
export function showScan(app: App): () => void {
  const ending = new AbortController()
  void look()
  return () => { ending.abort() }

  function draw(problem: string, camera: boolean): HTMLElement {
    const root = show('scan', { camera, problem })
    onSubmit(root, 'typed', (form) => {
      const typed = form.get('typed')
      const text = typeof typed === 'string' ? typed : ''
      if (readCode(text)) take(text)
      else draw(textOf('problem.not_ours'), false)
    })
    return root
  }

  async function look(): Promise<void> {
    const video = draw('', true).querySelector('video')
    if (!video) return
    try {
      const found = await scan(video, (text) => readCode(text) !== undefined, ending.signal)
      if (found !== undefined) take(found)
    } catch (error) {
      if (!ending.signal.aborted) draw(textOf(`problem.${error instanceof Error && error.message === 'camera_refused' ? 'camera_refused' : 'no_camera'}`), false)
    }
  }

  function take(text: string): void {
    const code = readCode(text)
    ending.abort()
    if (code?.kind === 'activate') location.assign(code.path)
    else if (code) void follow(app, code.secret)
  }
}

/** A code of a computer's page: for the one key of this phone, or for the one that is chosen. */
export async function follow(app: App, secret: string): Promise<void> {
  const able = app.keys.filter(({ lost }) => lost === null)
  const [only] = able
  if (only === undefined) return location.assign('/phone/#/')
  if (able.length === 1) return send(app, only, secret)
  show('which', { keys: able.map(({ id, account, phone }) => ({ id, organization: account.organization, email: account.email, hue: phone.hue })) }, {
    choose(id) {
      const held = app.key(id)
      if (held) void send(app, held, secret)
    },
  })
}

async function send(app: App, held: HeldKey, secret: string): Promise<void> {
  try {
    const { approval } = await call<ScanAnswer>(held, 'POST', '/scans', { secret })
    if (approval === null) return showResult('unknown_code')
    await app.look(held.id)
    location.assign(`/phone/#/request/${held.id}/${approval.id}`)
  } catch {
    showResult('unknown_code')
  }
}
