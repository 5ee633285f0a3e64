import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

/** A screen that nobody looks at, and its keyboard: questions that a browser asks outside of any page are answered there. */
export interface Screen {
  /** What a program needs in its environment to appear there. */
  readonly environment: Readonly<Record<string, string>>
  press(...keys: readonly string[]): void
  close(): Promise<void>
}

const [server, keyboard] = ['/usr/bin/Xvfb', '/usr/bin/xdotool']

export function screenMissing(): string | undefined {
  return existsSync(server) && existsSync(keyboard) ? undefined : 'Xvfb and xdotool are not installed here'
}

export async function openScreen(): Promise<Screen> {
  // It says the number of the display that it found free.
  const child = spawn(server, ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise<void>((resolve) => { child.on('close', () => { resolve() }) })
  const number = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (said: Buffer) => { resolve(said.toString().trim()) })
    child.on('error', reject).on('exit', () => { reject(new Error('Xvfb ended')) })
  })
  const environment = { DISPLAY: `:${number}` }
  return {
    environment,
    press: (...keys) => { execFileSync(keyboard, ['key', '--delay', '60', ...keys], { env: { ...process.env, ...environment } }) },
    async close() {
      child.kill()
      await ended
    },
  }
}
