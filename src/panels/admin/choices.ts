/** One entry of a select or a group of radio buttons: a text as it is, or the key of one. */
export interface Choice {
  readonly value: string
  readonly selected: boolean
  readonly text: string | null
  readonly labelKey: string | null
}

/** Entries with texts from the locale: `<prefix>.<value>`, or `common.all` for the empty value. */
export function choicesOf(values: readonly string[], selected: string, labelKey: (value: string) => string): Choice[] {
  return values.map((value) => ({ value, selected: value === selected, text: null, labelKey: labelKey(value) }))
}

export function textChoices(values: readonly (string | number)[], selected: string | number): Choice[] {
  return values.map((value) => ({ value: String(value), selected: String(value) === String(selected), text: String(value), labelKey: null }))
}
