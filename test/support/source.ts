import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const project = new URL('../..', import.meta.url).pathname

export interface SourceFile {
  /** Path inside the project, `src/http/form.ts`. */
  readonly path: string
  readonly folder: string
  readonly source: string
  /** The source without comments and without what stands in texts, templates and patterns. */
  readonly code: string
  readonly lines: number
  readonly imports: readonly ImportLine[]
}

export interface ImportLine {
  /** Path inside the project, or the package's name. */
  readonly target: string
  readonly own: boolean
  /** Only adds to a type of that module (`declare module`). */
  readonly augments: boolean
  readonly typesOnly: boolean
}

export function readSources(folder: string): SourceFile[] {
  return readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).sort().map((name) => {
    const path = `${folder}/${name}`
    const source = readFileSync(join(project, path), 'utf8')
    return { path, folder: dirname(path), source, code: codeOf(source), lines: source.split('\n').length - 1, imports: importsOf(path, source) }
  })
}

function importsOf(path: string, source: string): ImportLine[] {
  const found = source.matchAll(/^(?:import|export)\s(type\s)?(?:[^'`;]*?\sfrom\s)?'([^']+)'|^(declare) module '([^']+)'|\bimport\('([^']+)'\)/gm)
  return [...found].map(([, typesOnly, statement, declared, augmented, dynamic]) => {
    const name = statement ?? augmented ?? dynamic ?? ''
    const own = name.startsWith('.')
    return { target: own ? normalize(join(dirname(path), name)) : packageOf(name), own, augments: declared !== undefined, typesOnly: typesOnly !== undefined }
  })
}

function packageOf(name: string): string {
  return name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/')
}

/** Takes out comments and the insides of texts, so that rules about code do not stumble over prose. */
function codeOf(source: string): string {
  let code = ''
  /** Depths of braces at which a template's `${` was opened. */
  const templates: number[] = []
  let depth = 0
  let inTemplate = false
  for (let at = 0; at < source.length;) {
    const rest = source.slice(at)
    if (inTemplate) {
      if (rest.startsWith('${')) {
        templates.push(depth++)
        inTemplate = false
        code += '${'
        at += 2
      } else if (rest.startsWith('`')) {
        inTemplate = false
        code += '`'
        at++
      } else at += rest.startsWith('\\') ? 2 : 1
      continue
    }
    const skipped = /^\/\/[^\n]*|^\/\*[\s\S]*?\*\//.exec(rest)?.[0]
    const text = /^'(?:[^'\\\n]|\\.)*'|^"(?:[^"\\\n]|\\.)*"/.exec(rest)?.[0]
    // A slash begins a pattern where an expression begins.
    const pattern = /[=(,:[!&|?{};\n>]\s*$|\breturn\s*$/.test(code.slice(-20)) ? /^\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/.exec(rest)?.[0] : undefined
    if (skipped !== undefined) at += skipped.length
    else if (text !== undefined) {
      code += "''"
      at += text.length
    } else if (pattern !== undefined) {
      code += '/x/'
      at += pattern.length
    } else {
      const character = rest[0] ?? ''
      if (character === '{') depth++
      if (character === '}') {
        depth--
        if (templates.at(-1) === depth) {
          templates.pop()
          inTemplate = true
        }
      }
      if (character === '`') inTemplate = true
      code += character
      at++
    }
  }
  return code
}
