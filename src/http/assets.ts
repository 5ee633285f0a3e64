import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { extname, join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

export interface Asset {
  readonly body: Buffer
  readonly brotli: Buffer | undefined
  readonly gzip: Buffer | undefined
  readonly contentType: string
  readonly etag: string
}

export interface Assets {
  /** The address of a file, with the hash of everything in it: it may be cached for ever. */
  url(name: string): string
  find(path: string): Asset | undefined
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png',
  '.webmanifest': 'application/manifest+json', '.woff2': 'font/woff2',
}
/** The order of the cascade; tokens.css declares the layers. */
const stylesheets = ['tokens', 'base', 'layout', 'components', 'forms', 'panel', 'people', 'utilities']

/**
 * Static files, read once at start. Stylesheets become one file; browser code is TypeScript whose types are stripped here,
 * so there is no build step. A file is found by looking its name up in a map, never by a path on disk.
 */
export function createAssets(needs: { assetFolder: string; browserFolder: string }): Assets {
  const files = new Map<string, Buffer>()
  for (const path of list(needs.assetFolder)) {
    if (!path.endsWith('.css')) files.set(path, readFileSync(join(needs.assetFolder, path)))
  }
  files.set('styles/app.css', Buffer.from(stylesheets.map((name) => readFileSync(join(needs.assetFolder, 'styles', `${name}.css`), 'utf8')).join('\n')))
  for (const path of list(needs.browserFolder)) {
    if (path.endsWith('.ts')) files.set(`elements/${path.replace(/\.ts$/, '.js')}`, Buffer.from(stripTypes(readFileSync(join(needs.browserFolder, path), 'utf8'))))
  }
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
  }
}

function describe(name: string, body: Buffer): Asset {
  const compressible = !['.png', '.woff2'].includes(extname(name)) && body.length > 500
  return {
    body,
    brotli: compressible ? brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }) : undefined,
    gzip: compressible ? gzipSync(body, { level: 9 }) : undefined,
    contentType: contentTypes[extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`,
  }
}

function stripTypes(source: string): string {
  // The function still announces itself as experimental; an operator can do nothing with that line.
  const emit = process.emitWarning
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' }).replaceAll(/(from|import) '(\.[^']*)\.ts'/g, `$1 '$2.js'`)
  } finally {
    process.emitWarning = emit
  }
}

function list(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}
