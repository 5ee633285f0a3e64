export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** The elements around it, outermost first. */
  readonly ancestors: readonly Element[]
  /** All text inside, of its descendants too. */
  text: string
}

const empty = new Set(['area', 'base', 'br', 'col', 'hr', 'img', 'input', 'link', 'meta', 'source', 'use', 'wbr'])

/**
 * The elements of a page in their order. Ours are written in strict form, so anything that is not (a tag left open, an
 * attribute without quotes, a stray "<") throws.
 */
export function readHtml(page: string): Element[] {
  const elements: Element[] = []
  const open: Element[] = []
  let rest = page.replace(/^<!doctype html>\s*/, '').trimEnd()
  while (rest !== '') {
    const text = /^[^<]+/.exec(rest)?.[0]
    if (text !== undefined) {
      if (/&(?!(amp|lt|gt|quot|#x27|#x60|#x3D|nbsp);)/.test(text)) throw new Error(`an "&" that is not escaped: ${text.slice(0, 80)}`)
      for (const element of open) element.text += unescapeHtml(text)
      rest = rest.slice(text.length)
      continue
    }
    const tag = /^<(\/?)([a-z][a-z0-9-]*)((?:\s+[a-zA-Z][\w:-]*(?:="[^"<]*")?)*)\s*>/.exec(rest)
    if (!tag) throw new Error(`not a tag: ${rest.slice(0, 80)}`)
    rest = rest.slice(tag[0].length)
    const [, closing, name = '', attributes = ''] = tag
    if (closing === '/') {
      const last = open.pop()
      if (last?.name !== name) throw new Error(`</${name}> closes <${last?.name ?? 'nothing'}>`)
      continue
    }
    const element: Element = { name, attributes: readAttributes(attributes), ancestors: [...open], text: '' }
    elements.push(element)
    if (!empty.has(name)) open.push(element)
    else if (name === 'use' && rest.startsWith('</use>')) rest = rest.slice('</use>'.length)
  }
  if (open.length > 0) throw new Error(`<${open.map(({ name }) => name).join('> <')}> left open`)
  return elements
}

function readAttributes(source: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [, name = '', value = ''] of source.matchAll(/\s+([a-zA-Z][\w:-]*)(?:="([^"]*)")?/g)) {
    if (name in attributes) throw new Error(`the attribute ${name} stands twice:${source}`)
    attributes[name] = unescapeHtml(value)
  }
  return attributes
}

export function unescapeHtml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#x27;', '\'').replaceAll('&#x60;', '`').replaceAll('&#x3D;', '=').replaceAll('&nbsp;', '\u00a0').replaceAll('&amp;', '&')
}
