import type { AttributeFacts } from './facts.ts'

/** What stands behind one attribute: a fact of the person, a fixed text, or a function of these. */
export type Expression =
  | { readonly kind: 'fact'; readonly name: FactName }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly arguments: readonly Expression[] }

export type FactName = keyof AttributeFacts
export const factNames = ['user_id', 'email', 'given_name', 'family_name', 'name', 'phone', 'locale', 'groups', 'upn', 'immutable_id'] as const satisfies readonly FactName[]

const functions = {
  lower: [1, 1], upper: [1, 1], trim: [1, 1], before_at: [1, 1], after_at: [1, 1], first_of: [2, 8], join: [2, 8], starting_with: [2, 2], without_prefix: [2, 2],
} as const satisfies Record<string, readonly [least: number, most: number]>
export type FunctionName = keyof typeof functions
export const functionNames = Object.keys(functions) as readonly FunctionName[]

const longest = 300
const deepest = 5

/**
 * Reads an expression such as `lower(email)` or `join(given_name, " ", family_name)`. The list of facts and functions is
 * closed and nothing can loop, so whatever an administrator types costs nothing and reaches nothing else.
 * @returns the expression, or the text that could not be read
 */
export function readExpression(text: string): Expression | { readonly problem: string } {
  if (text.length > longest) return { problem: text.slice(0, 40) }
  const tokens = text.match(/"[^"]*"|[a-z_]+|[(),]|\S/g) ?? []
  let at = 0
  const problem = (): { problem: string } => ({ problem: tokens.slice(at, at + 4).join('') || text.trim() || '""' })

  function read(depth: number): Expression | undefined {
    const token = tokens[at]
    if (token === undefined || depth > deepest) return undefined
    if (token.startsWith('"') && token.length >= 2) {
      at++
      return { kind: 'text', value: token.slice(1, -1) }
    }
    if (isFact(token)) {
      at++
      return { kind: 'fact', name: token }
    }
    if (!isFunction(token) || tokens[at + 1] !== '(') return undefined
    const start = at
    at += 2
    const given: Expression[] = []
    for (let separator = '('; separator !== ')';) {
      const argument = read(depth + 1)
      separator = tokens[at] ?? ''
      if (!argument || (separator !== ',' && separator !== ')')) return undefined
      given.push(argument)
      at++
    }
    const [least, most] = functions[token]
    if (given.length < least || given.length > most) {
      at = start
      return undefined
    }
    return { kind: 'call', name: token, arguments: given }
  }

  const expression = read(1)
  return expression && at === tokens.length ? expression : problem()
}

/** The values of an attribute, never empty texts: an attribute without a value is left out. */
export function evaluate(expression: Expression, facts: AttributeFacts): readonly string[] {
  switch (expression.kind) {
    case 'text': return expression.value === '' ? [] : [expression.value]
    case 'fact': {
      const value = facts[expression.name]
      return (Array.isArray(value) ? value as readonly string[] : [value as string | null]).filter((text): text is string => text !== null && text !== '')
    }
    case 'call': return call(expression.name, expression.arguments, facts).filter((text) => text !== '')
  }
}

function call(name: FunctionName, given: readonly Expression[], facts: AttributeFacts): readonly string[] {
  const [first = [], second = []] = given.map((argument) => evaluate(argument, facts))
  const [prefix = ''] = second
  switch (name) {
    case 'lower': return first.map((text) => text.toLowerCase())
    case 'upper': return first.map((text) => text.toUpperCase())
    case 'trim': return first.map((text) => text.trim())
    case 'before_at': return first.map((text) => text.slice(0, text.includes('@') ? text.lastIndexOf('@') : undefined))
    case 'after_at': return first.map((text) => (text.includes('@') ? text.slice(text.lastIndexOf('@') + 1) : ''))
    case 'first_of': return given.map((argument) => evaluate(argument, facts)).find((values) => values.length > 0) ?? []
    case 'join': return [given.map((argument) => evaluateText(argument, facts)).join('').trim()]
    case 'starting_with': return first.filter((text) => text.startsWith(prefix))
    case 'without_prefix': return first.map((text) => (text.startsWith(prefix) ? text.slice(prefix.length) : text))
  }
}

/** A blank between two names is wanted here, so a fixed text is taken as it is. */
function evaluateText(expression: Expression, facts: AttributeFacts): string {
  return expression.kind === 'text' ? expression.value : evaluate(expression, facts)[0] ?? ''
}

function isFact(token: string): token is FactName {
  return (factNames as readonly string[]).includes(token)
}

function isFunction(token: string): token is FunctionName {
  return Object.hasOwn(functions, token)
}
