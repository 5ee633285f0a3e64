const remembered = 1_000

/**
 * Reads a column of JSON that rarely changes, such as settings: the same text is parsed and checked once. Nothing here can be
 * out of date, since the text is what was just read from the database. What comes out is shared, and so frozen.
 */
export function jsonColumn<T>(check: (value: unknown) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const value = freeze(check(JSON.parse(text)))
    const [oldest] = known.size >= remembered ? known.keys() : []
    if (oldest !== undefined) known.delete(oldest)
    known.set(text, value)
    return value
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) freeze(member)
    Object.freeze(value)
  }
  return value
}
