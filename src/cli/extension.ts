import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { extensionBrowsers } from '../downloads/index.ts'
import { OperatorError } from '../errors.ts'
import { oneOf } from './arguments.ts'
import type { Command } from './command.ts'
import { withInstallation } from './installation.ts'
import { fromHere } from './terminal.ts'

export const extension: Command = {
  name: 'extension',
  purpose: [
    'Writes the browser extension (the pairing tool) into an empty or new folder, as a browser loads it unpacked and as a store',
    'takes it. It is the same as the file at /downloads, and knows the address of this server.',
  ],
  arguments: [{ name: 'folder', text: 'where to; it is made if it is not there' }],
  options: { browser: { type: 'string', value: 'browser', text: 'chrome (the default; for Edge and others as well) or firefox' } },
  examples: ['extension ./pairing-tool', 'extension ./pairing-tool --browser firefox'],
  exits: { 0: 'the files are there', 1: 'the folder is not empty or cannot be written, or the database is not ready' },

  run: (given, terminal) => withInstallation(terminal, (foundation) => {
    const folder = fromHere(terminal, given.arguments[0] ?? '')
    const browser = oneOf(given, 'browser', extensionBrowsers) ?? 'chrome'
    try {
      mkdirSync(folder, { recursive: true })
      if (readdirSync(folder).length > 0) throw new OperatorError(`${folder} is not empty. Name a new folder, or empty it first.`)
      for (const [path, body] of foundation.extension.files(browser)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), body)
      }
    } catch (error) {
      if (error instanceof OperatorError || !(error instanceof Error)) throw error
      throw new OperatorError(`${folder} cannot be written: ${error.message}.`, { cause: error })
    }
    terminal.out(folder)
    terminal.say(browser === 'chrome' ? `Its id is ${foundation.extension.id}. Load it at chrome://extensions in developer mode.` : 'Load its manifest.json at about:debugging.')
    return Promise.resolve(0)
  }),
}
