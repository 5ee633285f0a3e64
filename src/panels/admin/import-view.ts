import { Readable } from 'node:stream'
import { csvLine } from '../../audit/index.ts'
import type { LineVerdict, PeopleImport, PeopleImports } from '../../directory/csv/index.ts'
import type { Context } from '../../http/index.ts'
import type { FileFacts } from './import-pages.ts'
import type { Tag } from './people-pages.ts'

const tones: Readonly<Record<LineVerdict, Tag['tone']>> = { create: 'good', update: 'good', unchanged: 'plain', exists: 'plain', managed: 'warn', above: 'warn', problem: 'bad' }
const separatorNames: Readonly<Record<PeopleImport['separator'], string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' }

export function tagOf(verdict: LineVerdict): Tag {
  return { labelKey: `import.verdict.${verdict}`, tone: tones[verdict] }
}

export function fileFacts({ fileName, lines, encoding, separator }: PeopleImport): FileFacts {
  return { fileName, lines, encodingKey: `import.encoding.${encoding.replaceAll('-', '_')}`, separatorKey: `import.separator.${separatorNames[separator]}` }
}

/** The lines that were left out, each as it came and with what to do about it; corrected, the file can be sent again. */
export function problemLines(ctx: Context, imports: PeopleImports, { id, columns }: PeopleImport): Readable {
  return Readable.from((async function* () {
    yield `\ufeff${csvLine([...columns, ctx.t('import.column_line'), ctx.t('import.column_problem')])}`
    for (let after = 0; ;) {
      const lines = await imports.lines(id, { verdict: 'problem', after, limit: 500 })
      yield lines.map(({ line, cells, problem }) => csvLine([...columns.map((_column, index) => cells[index] ?? ''), line, problem === null ? '' : ctx.t(`import.problem.${problem}`)])).join('')
      after = lines.at(-1)?.line ?? 0
      if (lines.length < 500) return
    }
  })())
}
