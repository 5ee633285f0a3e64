import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Assets } from '../http/index.ts'
import { zip } from './archive.ts'
import { identityOf } from './identity.ts'
import { licences, withImports } from './imports.ts'
import { extensionBrowsers, managedSchema, manifestOf, type ExtensionBrowser } from './manifest.ts'
import { messagesOf } from './messages.ts'
import { packed } from './packed.ts'

export { extensionBrowsers, type ExtensionBrowser } from './manifest.ts'

export interface Download { readonly name: string; readonly browser: ExtensionBrowser; readonly version: string; readonly body: Buffer; readonly sha256: string }

export interface Extension {
  readonly id: string
  readonly version: string
  /** Every file by its path, as they lie in a folder. */
  files(browser: ExtensionBrowser): ReadonlyMap<string, Buffer>
  download(browser: ExtensionBrowser): Download
  /** For browsers that a policy tells to install it from here. */
  packed(): Buffer
}

/** Where the code begins; what it imports comes along. Scripts in pages import nothing. */
const entries = ['extension/background.js', 'extension/popup.js', 'extension/page.js', 'extension/bridge.js']
/** Loaded by name when it is needed. */
const further = ['vendor/qr/index.js']
const locales = ['en', 'de', 'fa']
const styles = ['tokens', 'base']

/**
 * The browser extension as this server offers it: it knows the server's address. Made when first asked for, since most starts are not followed
 * by a download.
 * @param needs.seed makes the key that the id comes from
 */
export function createExtension(needs: { readonly assets: Pick<Assets, 'read'>; readonly projectFolder: string; readonly publicUrl: string; readonly seed: Buffer }): Extension {
  const { assets, projectFolder, publicUrl } = needs
  const identity = identityOf(needs.seed)
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string }
  const source = (path: string): Buffer => readFileSync(join(projectFolder, path))
  const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
  const downloads = new Map<ExtensionBrowser, Download>()
  let signed: Buffer | undefined

  const files = (browser: ExtensionBrowser): ReadonlyMap<string, Buffer> => new Map<string, Buffer>([
    ['manifest.json', json(manifestOf(browser, { version, key: identity.publicKey.toString('base64') }))],
    ['server.json', json({ server: publicUrl })],
    ...(browser === 'chrome' ? [['managed-schema.json', json(managedSchema)] as const] : []),
    ...locales.map((locale) => [`_locales/${locale}/messages.json`, json(messagesOf(join(projectFolder, 'views/locales'), locale))] as const),
    ...styles.map((name) => [`styles/${name}.css`, source(`views/assets/styles/${name}.css`)] as const),
    ...[192, 512].map((size) => [`icons/${size}.png`, source(`views/assets/icons/phone-${size}.png`)] as const),
    ...['popup.html', 'popup.css'].map((name) => [`extension/${name}`, source(`src/browser/extension/${name}`)] as const),
    ...withImports([...entries, ...further], (name) => assets.read(name)),
    ...licences(projectFolder, ['qr', 'tldts']),
  ])
  const download = (browser: ExtensionBrowser): Download => {
    const known = downloads.get(browser)
    if (known) return known
    const body = zip(files(browser))
    const made = { name: `doorward-extension-${version}-${browser}.zip`, browser, version, body, sha256: createHash('sha256').update(body).digest('hex') }
    downloads.set(browser, made)
    return made
  }
  return { id: identity.id, version, files, download, packed: () => (signed ??= packed(download('chrome').body, identity)) }
}

export function isExtensionBrowser(name: string): name is ExtensionBrowser {
  return extensionBrowsers.some((browser) => browser === name)
}
