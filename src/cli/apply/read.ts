import { LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { suggest } from '../../config/index.ts'
import { OperatorError } from '../../errors.ts'
import { document, knownNames, type ApplyDocument } from './document.ts'

/** @throws OperatorError that names every problem with its line and place. */
export function readApplyDocument(text: string, source: string): ApplyDocument {
  const lines = new LineCounter()
  const yaml = parseDocument(text, { lineCounter: lines })
  if (yaml.errors.length > 0) throw new OperatorError([`${source} is not valid YAML`, ...yaml.errors.map((error) => `  line ${error.linePos?.[0]?.line ?? '?'}   ${error.message.split('\n')[0] ?? ''}`)].join('\n'))
  const result = document.safeParse(contentOf(yaml, source), { error: sentence })
  if (result.success) return result.data
  const rows = result.error.issues.map((issue) => [`line ${lineOf(yaml, lines, issue.path)}`, issue.path.join('.') || 'the file', issue.message] as const)
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  throw new OperatorError([
    `${source} has ${rows.length} ${rows.length === 1 ? 'problem' : 'problems'}; nothing was changed`,
    ...rows.map(([line, place, message]) => `  ${line.padEnd(widths[0] ?? 0)}   ${place.padEnd(widths[1] ?? 0)}   ${message}`),
  ].join('\n'))
}

function contentOf(yaml: Document, source: string): unknown {
  try {
    return yaml.toJS()
  } catch (error) {
    throw new OperatorError(`${source} cannot be read: ${(error as Error).message}`)
  }
}

/** Where the thing stands, or what it would stand in. */
function lineOf(yaml: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = yaml.getIn(path.slice(0, depth), true)
    const range = (node as { range?: readonly [number, number, number] | null } | undefined)?.range
    if (range) return lines.linePos(range[0]).line
  }
  return 1
}

const words: Readonly<Record<string, string>> = { string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'a section with names below it' }

/** The library speaks to programmers; this file is written by operators. */
function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': return issue.input === undefined ? 'is missing' : `must be ${words[issue.expected] ?? issue.expected}`
    case 'invalid_value': return `must be one of ${issue.values.map(String).join(', ')}`
    case 'invalid_union': return 'must be "everyone", or a section with groups and users'
    case 'too_small': return issue.origin === 'array' ? 'must have at least one entry' : `must be at least ${issue.minimum}`
    case 'too_big': return issue.origin === 'string' ? `must have at most ${issue.maximum} characters` : `must be at most ${issue.maximum}`
    case 'unrecognized_keys': return issue.keys.map((key) => {
      const meant = suggest(key, knownNames)
      return meant === undefined || meant === key ? `${key} does not belong here` : `${key} does not belong here; did you mean ${meant}?`
    }).join('; ')
    default: return undefined
  }
}
