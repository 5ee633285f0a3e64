import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestApp } from './app.ts'
import { freePort } from './port.ts'

export interface Networks {
  /** Where to send what shall reach the application from inside these networks: 10.91.1.2 and 10.91.2.2, for the kernel as for the application. */
  readonly office: string
  readonly street: string
  close(): void
}

/** Why this machine cannot have networks inside itself; undefined when it can. */
export function networksMissing(): string | undefined {
  const { status, error } = spawnSync('unshare', ['-Urnm', 'ip', 'link'], { stdio: 'ignore' })
  if (status === 0) return undefined
  return error === undefined ? 'unshare and ip (util-linux, iproute2) may not make network namespaces here' : 'unshare (util-linux) is not there'
}

/** Two networks of Linux' own making, from which the running application is reached besides its usual address. */
export async function openNetworks({ app }: TestApp): Promise<Networks> {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-networks-'))
  // A listener of the application's own; nobody connects to it, what the networks hand up is given to it.
  const listener = await app.listen('127.0.0.1', await freePort())
  const child = spawn('unshare', ['-Urnm', '--kill-child', process.execPath, join(import.meta.dirname, 'children/networks.ts'), folder], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let errors = ''
  child.stderr?.on('data', (part: Buffer) => { errors += part.toString() })
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message, handle) => {
      if (message === 'ready') return resolve()
      const socket = handle as Socket
      listener.emit('connection', socket)
      socket.resume()
    })
    child.on('exit', () => { reject(new Error(`the networks ended: ${errors}`)) })
  })
  const doors = await Promise.all(['office', 'street'].map((name) => openDoor(join(folder, name))))
  const [office, street] = doors.map((door) => `http://127.0.0.1:${(door.address() as AddressInfo).port}`)
  return {
    office: office ?? '', street: street ?? '',
    close() {
      for (const door of doors) door.close()
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Browsers of tests speak to ports; the way into a network is a file. */
function openDoor(file: string): Promise<Server> {
  const door = createServer((from) => {
    const to = connect(file)
    from.pipe(to).pipe(from)
    from.on('error', () => { to.destroy() })
    to.on('error', () => { from.destroy() })
  })
  return new Promise((resolve) => { door.listen(0, '127.0.0.1', () => { resolve(door) }) })
}
