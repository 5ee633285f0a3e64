import { AndFilter, OrFilter, SubstringFilter, type Filter } from 'ldapts'
import type { Clock } from '../../../storage/index.ts'
import type { SourcePerson, SourceProblem } from '../source.ts'
import { connect, type LdapNeeds } from './connect.ts'
import { textOf, valueOf } from './entry.ts'
import { groupAnchor, mapPerson, personAttributes, type MapRules } from './map.ts'
import { controlNames, readInvocation, readRoot, suffixOf, type Root } from './root.ts'
import { questionOf, readsGroups, type Reading } from './reading.ts'
import { parseFilter, readOne, searchAll, searchFew } from './search.ts'
import type { LdapDirectory, LdapGap } from './source.ts'
import { Trouble, troubleTexts, type TroubleCode } from './trouble.ts'
import { anchorOf } from './values.ts'
import type { Wire } from './wire.ts'

export const checkSteps = ['name', 'tcp', 'tls', 'bind', 'base', 'people', 'paging', 'controls', 'anchor', 'state', 'groups', 'sample'] as const
export type CheckStep = (typeof checkSteps)[number]

/** The key of a step's name. */
export function stepText(step: CheckStep): string {
  return `ldap.step.${step}`
}

/** A text for people: its key, and what is put in. */
export interface Told { readonly key: string; readonly parameters: Readonly<Record<string, string>> }

export interface CheckLine {
  readonly step: CheckStep
  /** Null: it works, but somebody should know what it says. */
  readonly ok: boolean | null
  readonly detail: Told
  /** What to do, where something is to be done. */
  readonly fix: Told | null
}

export interface CheckReport {
  readonly ok: boolean
  readonly lines: readonly CheckLine[]
  /** Five people as they would arrive, or why one would not. */
  readonly sample: readonly (SourcePerson | SourceProblem)[]
}

export interface DirectoryLooker {
  /** Every step from the name to five people; ends at the first without which the rest means nothing. */
  check(signal?: AbortSignal): Promise<CheckReport>
  /** People as they would arrive, for the preview of a mapping; the filter narrows the directory's own. @throws Trouble */
  sample(filter?: string, signal?: AbortSignal): Promise<readonly (SourcePerson | SourceProblem)[]>
  /** Groups to choose from, by a part of their name; at most fifty. @throws Trouble */
  groups(search: string, signal?: AbortSignal): Promise<readonly { readonly anchor: string; readonly name: string; readonly dn: string; readonly description: string }[]>
}

/** Looks at a directory without taking anything from it. */
export function createLooker(needs: LdapNeeds & { readonly clock: Clock }, directory: LdapDirectory): DirectoryLooker {
  const rules = (): MapRules => ({ kind: directory.kind, settings: directory.settings, now: needs.clock.now() })
  const within = async <T>(signal: AbortSignal | undefined, work: (reading: Reading) => Promise<T>): Promise<T> => {
    const wire = await connect(needs, directory, signal)
    try {
      return await work({ wire, root: await readRoot(wire), kind: directory.kind, settings: directory.settings, rules: rules() })
    } finally {
      wire.close()
    }
  }
  const sampleOf = async (reading: Reading, filter?: Filter): Promise<readonly (SourcePerson | SourceProblem)[]> => {
    const entries = await searchFew(reading.wire, { ...questionOf(reading, 'people', (own) => (filter ? new AndFilter({ filters: [own, filter] }) : own)), attributes: personAttributes(reading), limit: 5 })
    return entries.map((entry) => mapPerson(entry, reading.rules))
  }
  return {
    sample: (filter, signal) => within(signal, (reading) => sampleOf(reading, filter === undefined || filter.trim() === '' ? undefined : parseFilter(filter))),
    groups: (text, signal) => within(signal, async (reading) => {
      const narrow = (own: Filter): Filter => (text.trim() === '' ? own : new AndFilter({ filters: [own, new OrFilter({ filters: ['cn', 'description'].map((attribute) => new SubstringFilter({ attribute, any: [text.trim()] })) })] }))
      const attributes = ['cn', 'description', 'objectGUID', 'entryUUID', 'nsUniqueId', reading.settings.anchor]
      const entries = await searchFew(reading.wire, { ...questionOf(reading, 'groups', narrow), attributes, limit: 50 })
      return entries.flatMap((entry) => {
        const anchor = groupAnchor(entry, reading)
        return anchor === undefined ? [] : [{ anchor, name: textOf(entry, 'cn') ?? entry.dn, dn: entry.dn, description: textOf(entry, 'description') ?? '' }]
      }).sort((a, b) => a.name.localeCompare(b.name, 'en'))
    }),
    async check(signal) {
      const lines: CheckLine[] = []
      let sample: readonly (SourcePerson | SourceProblem)[] = []
      const good = (step: CheckStep, parameters: Readonly<Record<string, string>>): void => { lines.push({ step, ok: true, detail: { key: `ldap.check.${step}`, parameters }, fix: null }) }
      const bad = (step: CheckStep, problem: Problem, ok: false | null = false, parameters: Readonly<Record<string, string>> = {}): void => {
        lines.push({ step, ok, detail: { key: `ldap.problem.${problem}`, parameters }, fix: { key: `ldap.remedy.${problem}`, parameters } })
      }
      // Each server has its own steps; a later one may do what an earlier one did not.
      let server = 0
      const reported = new Set<unknown>()
      const failed = (trouble: Trouble): void => {
        reported.add(trouble)
        lines.push(lineOf(trouble, lines.slice(server)))
        server = lines.length
      }
      try {
        const wire = await connect(needs, directory, signal, { step: good, failed })
        for (const [at, line] of lines.entries()) if (line.ok === false) lines[at] = { ...line, ok: null }
        try {
          const reading: Reading = { wire, root: await readRoot(wire), kind: directory.kind, settings: directory.settings, rules: rules() }
          sample = await lookAt(reading, good, bad, () => sampleOf(reading))
        } finally {
          wire.close()
        }
      } catch (error) {
        if (!(error instanceof Trouble)) throw error
        if (!reported.has(error)) failed(error)
      }
      return { ok: lines.every(({ ok }) => ok !== false) && lines.some(({ step }) => step === 'sample'), lines, sample }
    },
  }
}

type Problem = 'base_missing' | 'nobody' | 'limited' | 'no_paging' | 'no_anchor' | 'no_state' | 'no_counter' | 'no_groups' | 'unusable'
type Good = (step: CheckStep, parameters: Readonly<Record<string, string>>) => void
type Bad = (step: CheckStep, problem: Problem, ok?: false | null, parameters?: Readonly<Record<string, string>>) => void

async function lookAt(reading: Reading, good: Good, bad: Bad, takeSample: () => Promise<readonly (SourcePerson | SourceProblem)[]>): Promise<readonly (SourcePerson | SourceProblem)[]> {
  const { wire, root, settings, kind } = reading
  if (await readOne(wire, settings.base, ['1.1']) === undefined) {
    bad('base', 'base_missing', false, { base: settings.base, suffixes: root.namingContexts.join(' · ') || '-' })
    return []
  }
  good('base', { base: settings.base })

  // One anchor is enough to see whether there is anybody; the whole number comes from counting pages.
  const first = await searchFew(wire, { ...questionOf(reading, 'people'), attributes: [settings.anchor, 'userAccountControl'], limit: 1 })
  const person = first[0]
  if (person === undefined) {
    bad('people', 'nobody', false, { filter: settings.userFilter, base: settings.base })
    return []
  }
  if (root.controls.size > 0 && !root.controls.has('1.2.840.113556.1.4.319')) {
    good('people', { count: '1' })
    bad('paging', 'no_paging')
    return []
  }
  const { count, gap } = await countPeople(reading)
  good('people', { count: String(count) })
  if (gap === undefined) good('paging', { count: String(count) })
  else bad('paging', 'limited', false, { count: String(count), reason: gap })
  await lookAtChanges(reading, good, bad)

  const anchor = anchorOf(settings.anchor, valueOf(person, settings.anchor))
  if (anchor === undefined) bad('anchor', 'no_anchor', false, { anchor: settings.anchor })
  else good('anchor', { anchor: settings.anchor, value: anchor })
  if (kind === 'active-directory' && textOf(person, 'userAccountControl') === undefined) bad('state', 'no_state')
  if (readsGroups(reading)) {
    const found = await searchFew(wire, { ...questionOf(reading, 'groups'), attributes: ['cn'], limit: 1 })
    if (found.length > 0) good('groups', { name: textOf(found[0] ?? person, 'cn') ?? '' })
    else bad('groups', 'no_groups', null, { filter: settings.groupFilter, base: settings.groupBase ?? settings.base })
  }
  const sample = await takeSample()
  const usable = sample.filter(({ kind: what }) => what === 'person').length
  if (usable > 0) good('sample', { usable: String(usable), count: String(sample.length) })
  else bad('sample', 'unusable', false, { count: String(sample.length), detail: sample.map((each) => (each.kind === 'problem' ? each.detail : '')).filter((detail) => detail !== '')[0] ?? '' })
  return sample
}

async function lookAtChanges({ wire, root, kind, settings }: Reading, good: Good, bad: Bad): Promise<void> {
  const offered = Object.entries(controlNames).filter(([oid]) => root.controls.has(oid)).map(([, name]) => name).join(', ')
  const parameters = { vendor: root.vendor || '-', controls: offered || '-' }
  if (await countsChanges(wire, root, kind, settings.base)) good('controls', parameters)
  else bad('controls', 'no_counter', null, parameters)
}

async function countsChanges(wire: Wire, root: Root, kind: Reading['kind'], base: string): Promise<boolean> {
  if (kind === 'active-directory') return root.usn !== undefined && await readInvocation(wire, root) !== undefined
  const suffix = suffixOf(root, base)
  const entry = suffix === undefined ? undefined : await readOne(wire, suffix, ['contextCSN'])
  return entry?.attributes.has('contextcsn') ?? false
}

async function countPeople(reading: Reading): Promise<{ count: number; gap: LdapGap | undefined }> {
  const pages = searchAll(reading.wire, { ...questionOf(reading, 'people'), attributes: ['1.1'] })
  let count = 0
  let next = await pages.next()
  for (; next.done !== true; next = await pages.next()) count += next.value.entries.length
  return { count, gap: next.value }
}

/** The step that a trouble belongs to: the one after the last that went well. */
function lineOf(trouble: Trouble, lines: readonly CheckLine[]): CheckLine {
  const texts = troubleTexts(trouble.code)
  const done = lines.filter(({ ok }) => ok !== false).length
  const step = stepOf[trouble.code] ?? checkSteps[done] ?? 'sample'
  return { step, ok: false, detail: { key: texts.detail, parameters: trouble.parameters }, fix: { key: texts.fix, parameters: trouble.parameters } }
}

const stepOf: Readonly<Partial<Record<TroubleCode, CheckStep>>> = {
  address: 'name', plain: 'tls', name_not_found: 'name', address_refused: 'name', refused: 'tcp', unreachable: 'tcp', tls_authority: 'tls', tls_host: 'tls', tls_expired: 'tls', tls_failed: 'tls', tls_not_offered: 'tls', tls_injected: 'tls', own_authority: 'tls',
  own_certificate: 'bind', password_empty: 'bind', credentials: 'bind', filter: 'people', base: 'base',
}
