/** The hues an organization can choose; forms.css has a sample of each. Any other that a file has set stays until another is chosen. */
export const hues: readonly { readonly hue: number; readonly name: string }[] = [
  { hue: 275, name: 'indigo' }, { hue: 300, name: 'violet' }, { hue: 325, name: 'plum' }, { hue: 350, name: 'pink' }, { hue: 20, name: 'red' },
  { hue: 45, name: 'terracotta' }, { hue: 70, name: 'amber' }, { hue: 115, name: 'olive' }, { hue: 150, name: 'green' }, { hue: 195, name: 'teal' },
]

export interface HueChoice { readonly id: string; readonly value: string; readonly hue: number; readonly labelKey: string; readonly selected: boolean }

/** The product's own hue is that of tokens.css. */
const productHue = 255

export function hueChoices(current: number | null): HueChoice[] {
  const named = hues.map(({ hue, name }) => ({ id: `hue_${name}`, value: String(hue), hue, labelKey: `admin.settings.hue.${name}`, selected: hue === current }))
  const kept = current === null || hues.some(({ hue }) => hue === current) ? [] : [{ id: 'hue_kept', value: String(current), hue: current, labelKey: 'admin.settings.hue.kept', selected: true }]
  return [{ id: 'hue_product', value: '', hue: productHue, labelKey: 'admin.settings.hue.product', selected: current === null }, ...named, ...kept]
}

/** What was chosen: one of those on offer, or the one that is already there. */
export function readHue(typed: string, current: number | null): number | null {
  if (typed === String(current)) return current
  return hues.find(({ hue }) => String(hue) === typed)?.hue ?? null
}

export function hueKey(hue: number | null): string {
  return hueChoices(hue).find((choice) => choice.selected)?.labelKey ?? 'admin.settings.hue.product'
}
