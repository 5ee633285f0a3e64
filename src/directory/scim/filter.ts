import { named, resolvePath, type Attribute, type AttributePath, type ResourceKind } from './attributes.ts'
import { ScimError, type ScimType } from './errors.ts'

export type Operator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'
export type Comparable = string | number | boolean | null

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Filter[] }
  | { readonly kind: 'not'; readonly term: Filter }
  | { readonly kind: 'compare'; readonly path: AttributePath; readonly operator: Operator; readonly value: Comparable }
  | { readonly kind: 'present'; readonly path: AttributePath }
  /** `emails[type eq "work"]`: one and the same value answers all of it. */
  | { readonly kind: 'some'; readonly path: AttributePath; readonly where: Filter }

/** Where a PATCH operation points to (RFC 7644 §3.5.2). */
export interface PatchPath extends AttributePath { readonly where: Filter | undefined }

const operators: ReadonlySet<string> = new Set<Operator>(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'])
const longest = 4_000
const deepest = 30
const mostTerms = 200

type Resolve = (text: string) => AttributePath | undefined
type Token = { readonly kind: 'word' | 'sub' | 'mark'; readonly text: string } | { readonly kind: 'value'; readonly text: string; readonly value: string | number }

/**
 * Reads a filter by the grammar of RFC 7644 §3.4.2.2, in time that grows with its length only.
 * `emails[type eq "work"].value eq "x"`, which the grammar has only in paths, is read too: directories send it.
 * @throws ScimError `invalidFilter`
 */
export function parseFilter(kind: ResourceKind, text: string): Filter {
  const reader = createReader(text, 'invalidFilter', (name) => resolvePath(kind, name))
  const filter = reader.filter()
  reader.end()
  return filter
}

/** @throws ScimError `invalidPath` */
export function parsePath(kind: ResourceKind, text: string): PatchPath {
  const reader = createReader(text, 'invalidPath', (name) => resolvePath(kind, name))
  const path = reader.path()
  reader.end()
  return path
}

function createReader(text: string, scimType: ScimType, resolveName: Resolve) {
  const refuse = (detail: string): ScimError => new ScimError(400, detail, scimType)
  if (text.length > longest) throw refuse(`It is longer than ${longest} characters.`)
  const tokens = tokenize(text, refuse)
  let at = 0
  let terms = 0
  const peek = (): Token | undefined => tokens[at]
  const isWord = (word: string): boolean => peek()?.kind === 'word' && peek()?.text.toLowerCase() === word
  const isMark = (mark: string): boolean => peek()?.kind === 'mark' && peek()?.text === mark
  const describe = (): string => { const token = peek(); return token ? JSON.stringify(token.text.slice(0, 60)) : 'the end' }
  const take = (mark: string): void => {
    if (!isMark(mark)) throw refuse(`Expected ${mark} but found ${describe()}.`)
    at++
  }

  function either(resolve: Resolve, depth: number): Filter {
    const all = [both(resolve, depth)]
    while (isWord('or')) { at++; all.push(both(resolve, depth)) }
    const [only] = all
    return all.length === 1 && only ? only : { kind: 'or', terms: all }
  }

  function both(resolve: Resolve, depth: number): Filter {
    const all = [single(resolve, depth)]
    while (isWord('and')) { at++; all.push(single(resolve, depth)) }
    const [only] = all
    return all.length === 1 && only ? only : { kind: 'and', terms: all }
  }

  function single(resolve: Resolve, depth: number): Filter {
    if (depth > deepest) throw refuse(`It has more than ${deepest} brackets inside each other.`)
    if (++terms > mostTerms) throw refuse(`It has more than ${mostTerms} terms.`)
    const negated = isWord('not') && tokens[at + 1]?.text === '('
    if (negated) at++
    if (negated || isMark('(')) {
      take('(')
      const inner = either(resolve, depth + 1)
      take(')')
      return negated ? { kind: 'not', term: inner } : inner
    }
    const path = attributePath(resolve)
    if (!isMark('[')) return comparison(path)
    const where = within(path, depth)
    const sub = subAttribute(path)
    if (!sub) return { kind: 'some', path, where }
    return { kind: 'some', path, where: { kind: 'and', terms: [where, comparison({ extension: undefined, attribute: sub, sub: undefined })] } }
  }

  function within(path: AttributePath, depth: number): Filter {
    if (path.sub || path.attribute.type !== 'complex') throw refuse(`${path.attribute.name} has no values with parts, so that [ cannot follow it.`)
    take('[')
    const inner = either((name) => {
      const attribute = named(path.attribute.subAttributes, name)
      return attribute && { extension: undefined, attribute, sub: undefined }
    }, depth + 1)
    take(']')
    return inner
  }

  function subAttribute(path: AttributePath): Attribute | undefined {
    const token = peek()
    if (token?.kind !== 'sub') return undefined
    at++
    const sub = named(path.attribute.subAttributes, token.text.slice(1))
    if (!sub) throw refuse(`${path.attribute.name} has no part ${JSON.stringify(token.text.slice(1, 60))}.`)
    return sub
  }

  function attributePath(resolve: Resolve): AttributePath {
    const token = peek()
    if (token?.kind !== 'word') throw refuse(`Expected the name of an attribute but found ${describe()}.`)
    const path = resolve(token.text)
    if (!path) throw refuse(`There is no attribute ${describe()}.`)
    at++
    return path
  }

  function comparison(path: AttributePath): Filter {
    const operator = peek()?.kind === 'word' ? (peek()?.text ?? '').toLowerCase() : ''
    if (operator !== 'pr' && !operators.has(operator)) throw refuse(`Expected an operator such as eq but found ${describe()}.`)
    at++
    if (operator === 'pr') return { kind: 'present', path }
    const value = comparable()
    const leaf = leafOf(path)
    const complaint = !leaf ? `${path.attribute.name} has parts; compare one of them.` : misfit(leaf, operator as Operator, value)
    if (complaint !== undefined) throw refuse(complaint)
    return { kind: 'compare', path, operator: operator as Operator, value }
  }

  function comparable(): Comparable {
    const token = peek()
    const words: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }
    const word = token?.kind === 'word' ? words[token.text.toLowerCase()] : undefined
    if (token?.kind !== 'value' && word === undefined) throw refuse(`Expected a value such as "text" but found ${describe()}.`)
    at++
    return token?.kind === 'value' ? token.value : word ?? null
  }

  return {
    filter: () => either(resolveName, 0),
    path(): PatchPath {
      const path = attributePath(resolveName)
      if (!isMark('[')) return { ...path, where: undefined }
      const where = within(path, 0)
      return { ...path, where, sub: subAttribute(path) }
    },
    end(): void { if (at < tokens.length) throw refuse(`Expected the end but found ${describe()}.`) },
  }
}

/** What a comparison looks at: a complex attribute is meant by its value (`members eq "…"`). */
export function leafOf({ attribute, sub }: AttributePath): Attribute | undefined {
  const leaf = sub ?? attribute
  return leaf.type === 'complex' ? named(leaf.subAttributes, 'value') : leaf
}

function misfit(leaf: Attribute, operator: Operator, value: Comparable): string | undefined {
  if (value === null) return operator === 'eq' || operator === 'ne' ? undefined : `${operator} cannot compare with null.`
  if (leaf.type === 'boolean') {
    const fits = typeof value === 'boolean' || (typeof value === 'string' && /^(true|false)$/i.test(value))
    return fits && (operator === 'eq' || operator === 'ne') ? undefined : `${leaf.name} is true or false, and is compared by eq or ne.`
  }
  if (typeof value !== 'string') return `${leaf.name} is a text; write its value in double quotes.`
  return leaf.type === 'dateTime' && Number.isNaN(Date.parse(value)) ? `${leaf.name} is a time such as "2026-01-31T08:00:00Z".` : undefined
}

const forms = { blank: /[ \t]+/y, mark: /[()[\]]/y, word: /[A-Za-z$][\w$.:-]*/y, sub: /\.[A-Za-z$][\w$-]*/y, text: /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy, number: /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y }

function tokenize(text: string, refuse: (detail: string) => ScimError): Token[] {
  const tokens: Token[] = []
  let at = 0
  const match = (form: RegExp): string | undefined => {
    form.lastIndex = at
    const found = form.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }
  while (at < text.length) {
    if (match(forms.blank) !== undefined) continue
    const mark = match(forms.mark)
    if (mark !== undefined) { tokens.push({ kind: 'mark', text: mark }); continue }
    const word = match(forms.word)
    if (word !== undefined) { tokens.push({ kind: 'word', text: word }); continue }
    const sub = match(forms.sub)
    if (sub !== undefined) { tokens.push({ kind: 'sub', text: sub }); continue }
    const quoted = match(forms.text)
    if (quoted !== undefined) {
      const value = JSON.parse(quoted) as string
      // PostgreSQL takes no NUL in a text, and none of ours has one.
      if (value.includes('\0')) throw refuse('A text holds a NUL.')
      tokens.push({ kind: 'value', text: quoted, value })
      continue
    }
    const number = match(forms.number)
    if (number === undefined) throw refuse(`${JSON.stringify(text.slice(at, at + 20))} cannot be read.`)
    tokens.push({ kind: 'value', text: number, value: Number(number) })
  }
  return tokens
}
