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

/** How far the work is, for the page and for the script that follows it. */
export function progressOf(ctx: Context, { state, lines, position, numbers }: PeopleImport): { working: boolean; done: number; all: number; text: string } {
  const checking = state === 'checking'
  const all = checking ? lines : (numbers.verdicts['create'] ?? 0) + (numbers.verdicts['update'] ?? 0)
  const done = Math.min(all, checking ? position : numbers.created + numbers.updated + numbers.left)
  const shown = (count: number): string => new Intl.NumberFormat(ctx.state.locale).format(count)
  return { working: checking || state === 'applying', done, all, text: ctx.t(checking ? 'import.run.checked_so_far' : 'import.run.made_so_far', { done: shown(done), all: shown(all) }) }
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
