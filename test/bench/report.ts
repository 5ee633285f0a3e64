import type { Sample } from './contestants.ts'

export interface Spread { readonly median: number; readonly least: number; readonly most: number }

/** Ours against something in the same run; more is better, 1 is as cheap as the other. */
export interface RatioRow {
  readonly id: string
  readonly title: string
  readonly ours: string
  readonly against: string
  /** Absent where there is no goal, only a comparison. */
  readonly goal?: { readonly must: number; readonly want: number }
  /** Others of the run to show beside. */
  readonly beside?: readonly string[]
}

/** A figure with a limit of its own; less is better. */
export interface LimitRow { readonly id: string; readonly title: string; readonly unit: string; readonly values: readonly number[]; readonly must: number; readonly want: number; readonly beside?: string }

export type Series = ReadonlyMap<string, readonly Sample[]>

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const median = ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2
  return { median, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN }
}

/** Processor time of the other divided by ours, round by round: what disturbed a round disturbed both. */
export function ratioOf(series: Series, { ours, against }: Pick<RatioRow, 'ours' | 'against'>): Spread {
  const others = samplesOf(series, against)
  return spreadOf(samplesOf(series, ours).map(({ cpuMilliseconds }, round) => (others[round]?.cpuMilliseconds ?? NaN) / cpuMilliseconds))
}

export function ratioTable(series: Series, rows: readonly RatioRow[]): string {
  return table(['', 'Measure', 'Doorward', 'Against', 'Ratio', 'Must', 'Want', 'Met', 'In the same run'], rows.map((row) => {
    const ratio = ratioOf(series, row)
    return [
      row.id, row.title, describe(series, row.ours), `${row.against}: ${describe(series, row.against)}`, `**${ratio.median.toFixed(2)}×** (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)})`,
      ...(row.goal ? [`≥ ${row.goal.must}×`, `≥ ${row.goal.want}×`, verdict(ratio.median >= row.goal.must, ratio.median >= row.goal.want)] : ['', '', '']), (row.beside ?? []).map((name) => `${name}: ${describe(series, name)}`).join('; '),
    ]
  }))
}

export function limitTable(rows: readonly LimitRow[]): string {
  return table(['', 'Measure', 'Doorward', 'Must', 'Want', 'Met', 'In the same run'], rows.map((row) => {
    const { median, least, most } = spreadOf(row.values)
    const digits = median < 10 ? 2 : 0
    const spread = row.values.length > 1 ? ` (${least.toFixed(digits)}–${most.toFixed(digits)})` : ''
    return [
      row.id, row.title, `**${median.toFixed(digits)} ${row.unit}**${spread}`, `≤ ${row.must} ${row.unit}`, `≤ ${row.want} ${row.unit}`, verdict(median <= row.must, median <= row.want), row.beside ?? '',
    ]
  }))
}

export function describe(series: Series, name: string): string {
  const samples = samplesOf(series, name)
  const cpu = spreadOf(samples.map(({ cpuMilliseconds }) => cpuMilliseconds))
  const rate = spreadOf(samples.map(({ perSecond }) => perSecond))
  const spread = samples.length > 1 ? ` (${cpu.least.toFixed(3)}–${cpu.most.toFixed(3)})` : ''
  return `${cpu.median.toFixed(3)} ms${spread}, ${Math.round(rate.median).toLocaleString('en')}/s`
}

function samplesOf(series: Series, name: string): readonly Sample[] {
  const samples = series.get(name)
  if (!samples || samples.length === 0) throw new Error(`nothing was measured of ${name}`)
  return samples
}

function verdict(must: boolean, want: boolean): string {
  return want ? 'yes, and want' : must ? 'yes' : '**no**'
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
