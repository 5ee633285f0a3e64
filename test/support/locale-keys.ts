import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface KeyUse { readonly key: string; readonly file: string }
/** Keys that the source builds from a known beginning and end, such as `signin.code.error.${reason}`. */
export interface PatternUse { readonly start: string; readonly end: string; readonly file: string }

const project = new URL('../..', import.meta.url).pathname

/** Every file under a folder of the project, as its path in it, with what it says. */
export function filesUnder(folder: string, ending: string): { path: string; source: string }[] {
  return readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith(ending)).sort()
    .map((path) => ({ path: `${folder}/${path}`, source: readFileSync(join(project, folder, path), 'utf8') }))
}

/** Keys that templates show: every `t "…"`. */
export function keysOfTemplates(): KeyUse[] {
  return filesUnder('views', '.hbs').flatMap(({ path, source }) => [...source.matchAll(/\bt "([^"]+)"/g)].map(([, key = '']) => ({ key, file: path })))
}

/** Texts that the browser extension shows, and those that its manifest names. */
export function keysOfExtension(): KeyUse[] {
  const named = filesUnder('src/downloads', 'manifest.ts').flatMap(({ path, source }) => [...source.matchAll(/__MSG_(\w+)__/g)].map(([, key = '']) => ({ key, file: path })))
  const shown = filesUnder('src/browser/extension', '.ts').flatMap(({ path, source }) => [...source.matchAll(/\btext\('([\w.]+)'/g)].map(([, key = '']) => ({ key, file: path })))
  return [...named, ...shown].map(({ key, file }) => ({ key: `extension.${key}`, file }))
}

/** Text literals of the source that look like a key of one of these rooms (the first word of a key), or like the end of one. */
export function keysOfSource(rooms: ReadonlySet<string>): KeyUse[] {
  return serverFiles().flatMap(({ path, source }) => [...source.matchAll(/'([a-z_]+(?:\.[a-z0-9_-]+)+)'(?!, attempts)/g)]
    .filter(([, key = '']) => rooms.has(key.split('.')[0] ?? '')).map(([, key = '']) => ({ key, file: path })))
}

export function patternsOfSource(rooms: ReadonlySet<string>): PatternUse[] {
  return serverFiles().flatMap(({ path, source }) => [...source.matchAll(/`([a-z_]+\.[a-z0-9_.-]*)\$\{[^}]*\}((?:\.[a-z0-9_.-]+)?)(\.?\$\{[^}]*\})?`/g)]
    .filter(([, start = '']) => rooms.has(start.split('.')[0] ?? '')).map(([, start = '', end = '', more]) => ({ start, end: more === undefined ? end : '', file: path })))
}

/** Codes of the refusals that the source throws, with the class that throws them. */
export function refusalsOfSource(): { code: string; kind: string; file: string }[] {
  const standing: Readonly<Record<string, string>> = { Forbidden: 'forbidden', NotFound: 'not_found', TooLarge: 'too_large', TooManyRequests: 'too_many_requests', Unavailable: 'unavailable' }
  return serverFiles().flatMap(({ path, source }) => [...source.matchAll(/new (AppError|InvalidRequest|Forbidden|NotFound|Conflict|TooLarge|TooManyRequests|Unavailable)\((?:[\w.]+, )?(?:'([\w.]+)')?/g)]
    .map(([, kind = '', code]) => ({ code: kind === 'TooLarge' ? 'too_large' : code ?? standing[kind] ?? '', kind, file: path })))
}

function serverFiles(): { path: string; source: string }[] {
  return filesUnder('src', '.ts').filter(({ path }) => !path.startsWith('src/browser/'))
}
