import type { Foundation } from '../../app/index.ts'
import type { ConfigurationProblem, Difference, Finding } from '../../microsoft365/index.ts'
import { inColumns, printable, type Terminal } from '../terminal.ts'

const marks: Readonly<Record<Finding['severity'], string>> = { stops: 'STOP', warns: 'warn', unknown: '?', fine: 'ok' }

/** One line for each finding; under it, who is meant and what to do. */
export function showFindings(terminal: Terminal, { views }: Foundation, findings: readonly Finding[]): void {
  for (const { code, severity, count, examples } of findings) {
    terminal.out(`${marks[severity].padEnd(6)}${views.text('en', `microsoft.finding.${code}.text`, { count })}`)
    if (examples.length > 0) terminal.out(`      ${examples.map(printable).join(', ')}${count > examples.length ? ', …' : ''}`)
    if (severity !== 'fine') terminal.out(`      → ${views.text('en', `microsoft.finding.${code}.fix`, { count })}`)
  }
}

export function showDifferences(terminal: Terminal, differences: readonly Difference[]): void {
  const short = (value: string | boolean | null): string => { const text = printable(String(value ?? '(none)')); return text.length > 70 ? `${text.slice(0, 67)}…` : text }
  for (const line of inColumns(differences.map(({ field, wanted, actual, grave }) => [grave ? 'ALARM' : 'differs', field, `is ${short(actual)}`, `wanted ${short(wanted)}`]))) terminal.out(line)
}

export function showProblems(terminal: Terminal, { views }: Foundation, problems: readonly ConfigurationProblem[]): void {
  for (const { field, problem } of problems) terminal.out(`STOP  ${field}: ${views.text('en', `microsoft.problem.${problem}`)}`)
}
