import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

export type Encoding = 'br' | 'gzip'

export interface Asset {
  readonly body: Buffer
  /** How it may also be sent, the shortest first. */
  readonly encodings: readonly Encoding[]
  /** Packed when first asked for: most starts are not followed by a browser. */
  packed(encoding: Encoding): Buffer
  readonly contentType: string
  readonly etag: string
}

export interface Assets {
  /** The address of a file, with the hash of everything in it: it may be cached for ever. */
  url(name: string): string
  find(path: string): Asset | undefined
  /** A file by its name as it is served, for what is packed to be taken away. */
  read(name: string): Buffer
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png',
  '.webmanifest': 'application/manifest+json', '.woff2': 'font/woff2',
}
/** The order of the cascade; tokens.css declares the layers. */
const stylesheets = ['tokens', 'base', 'layout', 'components', 'forms', 'panel', 'people', 'phone', 'help', 'utilities']
/** What pages load, what the app on a phone and the browser extension load, and what they share; the signs of rooms are for whoever reads the code. */
const loaded = /^(?!.*\bindex\.ts$)(?:(?:authenticator|elements|extension|pairing|phone)\/[\w/-]+|[\w-]+)\.ts$/
/** Packages' own files, served by us (MIT or Apache-2.0): one reads codes where a phone's browser cannot, one knows which domains nobody owns. */
const vendored = [['vendor/qr/index.js', 'qr', 'qr'], ['vendor/qr/decode.js', 'qr/decode.js', 'qr/decode.js'], ['vendor/tldts/index.js', 'tldts/dist/index.esm.min.js', 'tldts']] as const

/**
 * Static files, read once at start. Stylesheets become one file; browser code is TypeScript whose types are stripped here,
 * so there is no build step. A file is found by looking its name up in a map, never by a path on disk.
 * @param needs.compiledFolder where code without its types may be kept for the next start; as trusted as the program itself
 */
export function createAssets(needs: { assetFolder: string; browserFolder: string; compiledFolder?: string }): Assets {
  const files = new Map<string, Buffer>()
  for (const path of list(needs.assetFolder)) {
    if (!path.endsWith('.css')) files.set(path, readFileSync(join(needs.assetFolder, path)))
  }
  files.set('styles/app.css', Buffer.from(stylesheets.map((name) => readFileSync(join(needs.assetFolder, 'styles', `${name}.css`), 'utf8')).join('\n')))
  for (const path of list(needs.browserFolder)) {
    if (loaded.test(path)) files.set(path.replace(/\.ts$/, '.js'), Buffer.from(findVendored(path, browserCode(readFileSync(join(needs.browserFolder, path), 'utf8'), needs.compiledFolder))))
  }
  for (const [name, file] of vendored) files.set(name, readFileSync(fileURLToPath(import.meta.resolve(file))))
  // One hash for all: files refer to each other by relative paths, so a change in one gives all a new address.
  const hash = createHash('sha256')
  for (const name of [...files.keys()].sort()) hash.update(name).update(files.get(name) ?? '')
  const prefix = `/assets/${hash.digest('hex').slice(0, 12)}/`
  const assets = new Map([...files].map(([name, body]) => [prefix + name, describe(name, body)]))
  const icon = assets.get(`${prefix}icons/favicon.svg`)
  if (icon) assets.set('/favicon.ico', icon)

  return {
    url(name) {
      if (!files.has(name)) throw new Error(`there is no asset ${name}`)
      return prefix + name
    },
    find: (path) => assets.get(path),
    read(name) {
      const body = files.get(name)
      if (!body) throw new Error(`there is no asset ${name}`)
      return body
    },
  }
}

function describe(name: string, body: Buffer): Asset {
  const compressible = !['.png', '.woff2'].includes(extname(name)) && body.length > 500
  const made = new Map<Encoding, Buffer>()
  return {
    body,
    encodings: compressible ? ['br', 'gzip'] : [],
    packed(encoding) {
      const known = made.get(encoding)
      if (known) return known
      const bytes = encoding === 'br' ? brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }) : gzipSync(body, { level: 9 })
      made.set(encoding, bytes)
      return bytes
    },
    contentType: contentTypes[extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`,
  }
}

/** Browsers do not find a package by its name, so it becomes the path of the file that is served. */
function findVendored(path: string, code: string): string {
  const folder = '../'.repeat(path.split('/').length - 1) || './'
  return vendored.reduce((rewritten, [file, , name]) => rewritten.replaceAll(`from '${name}'`, `from '${folder}${file}'`), code)
}

/** The compiler takes 20 MB for as long as the process lives, so what it makes of a file is kept. */
function browserCode(source: string, folder: string | undefined): string {
  if (folder === undefined) return stripTypes(source)
  const path = join(folder, `${createHash('sha256').update(process.version).update(source).digest('hex')}.js`)
  try {
    return readFileSync(path, 'utf8')
  } catch {
    const code = stripTypes(source)
    keep(folder, path, code)
    return code
  }
}

/** Whole or not at all; on a read-only system not at all. */
function keep(folder: string, path: string, code: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.${process.pid}`, code)
    renameSync(`${path}.${process.pid}`, path)
  } catch {
    // The next start strips the types again.
  }
}

/** The same code without its types, whose imports name the files that this makes of others. */
export function stripTypes(source: string): string {
  // The function still announces itself as experimental; an operator can do nothing with that line.
  const emit = process.emitWarning
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' }).replaceAll(/(from |import |import\()'(\.[^']*)\.ts'/g, `$1'$2.js'`)
  } finally {
    process.emitWarning = emit
  }
}

function list(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}
