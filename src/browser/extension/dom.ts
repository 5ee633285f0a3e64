export type Part = Node | string | null | false

interface Members { readonly class?: string; readonly id?: string; readonly type?: string; readonly href?: string; readonly name?: string; readonly value?: string; readonly for?: string; readonly role?: string; readonly [attribute: string]: unknown }

/** An element with texts and elements inside; nothing is ever read as HTML. `on…` are listeners, true and false make bare attributes. */
export function make<Name extends keyof HTMLElementTagNameMap>(name: Name, members: Members = {}, ...parts: readonly Part[]): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  for (const [member, value] of Object.entries(members)) {
    if (typeof value === 'function') element.addEventListener(member.slice(2), value as EventListener)
    else if (typeof value === 'boolean') element.toggleAttribute(member, value)
    else if (value !== undefined && value !== null) element.setAttribute(member, String(value))
  }
  element.append(...parts.filter((part) => part !== null && part !== false))
  return element
}

/** A picture of strokes, as the sprite's are. */
export function picture(className: string, ...paths: readonly string[]): SVGSVGElement {
  const svg = document.createElementNS(svgNames, 'svg')
  svg.setAttribute('class', className)
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  svg.append(...paths.map((d) => stroke(d)))
  return svg
}

const svgNames = 'http://www.w3.org/2000/svg'

function stroke(d: string): SVGPathElement {
  const path = document.createElementNS(svgNames, 'path')
  path.setAttribute('d', d)
  return path
}

/** Draws what a camera can read: dark on white by night too. */
export async function qrCode(address: string, label: string): Promise<SVGSVGElement> {
  const name = '../vendor/qr/index.js'
  const { encodeQR } = (await import(name)) as { encodeQR(text: string, kind: 'raw', options: { ecc: 'low'; border: number }): readonly (readonly boolean[])[] }
  const rows = encodeQR(address, 'raw', { ecc: 'low', border: 3 })
  const svg = document.createElementNS(svgNames, 'svg')
  svg.setAttribute('class', 'code')
  svg.setAttribute('viewBox', `0 0 ${rows.length} ${rows.length}`)
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', label)
  svg.append(stroke(rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')))
  return svg
}
