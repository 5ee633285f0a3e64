import type { Attribute, AttributePath } from './attributes.ts'
import { leafOf, type Comparable, type Filter, type Operator } from './filter.ts'
import { partOf, type Complex, type Value } from './values.ts'

/** Whether a resource, or one value of a complex attribute, answers a filter (RFC 7644 §3.4.2.2). */
export function matches(filter: Filter, resource: Complex): boolean {
  switch (filter.kind) {
    case 'and': return filter.terms.every((term) => matches(term, resource))
    case 'or': return filter.terms.some((term) => matches(term, resource))
    case 'not': return !matches(filter.term, resource)
    case 'present': return listAt(filter.path, resource).length > 0
    case 'some': return itemsAt(filter.path, resource).some((item) => isComplex(item) && matches(filter.where, item))
    case 'compare': {
      const leaf = leafOf(filter.path)
      const values = listAt(filter.path, resource)
      if (!leaf || filter.value === null) return (values.length === 0) === (filter.operator === 'eq')
      // A value that is not there differs from any other.
      if (filter.operator === 'ne') return !values.some((value) => compare(leaf, 'eq', value, filter.value))
      return values.some((value) => compare(leaf, filter.operator, value, filter.value))
    }
  }
}

/** The values at a path, those of a complex attribute by their `value`. */
export function listAt(path: AttributePath, resource: Complex): readonly Value[] {
  return itemsAt(path, resource).flatMap((item) => {
    if (!isComplex(item)) return [item]
    const part = path.sub ? item[path.sub.name] : 'value' in item ? item['value'] : item
    return part ?? []
  })
}

/** Case counts only where the schema says so. */
export function foldCase(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

function itemsAt({ extension, attribute }: AttributePath, resource: Complex): readonly Value[] {
  return [partOf(resource, extension)?.[attribute.name] ?? []].flat()
}

function isComplex(value: Value): value is Complex {
  return typeof value === 'object' && !Array.isArray(value)
}

function compare(leaf: Attribute, operator: Operator, value: Value, wanted: Comparable): boolean {
  if (leaf.type === 'boolean') return operator === 'eq' && String(value) === String(wanted).toLowerCase()
  const [left, right] = leaf.type === 'dateTime' ? [Date.parse(String(value)), Date.parse(String(wanted))] : leaf.caseExact ? [String(value), String(wanted)] : [foldCase(String(value)), foldCase(String(wanted))]
  switch (operator) {
    case 'eq': return left === right
    case 'ne': return left !== right
    case 'co': return String(left).includes(String(right))
    case 'sw': return String(left).startsWith(String(right))
    case 'ew': return String(left).endsWith(String(right))
    case 'gt': return left > right
    case 'ge': return left >= right
    case 'lt': return left < right
    case 'le': return left <= right
  }
}
