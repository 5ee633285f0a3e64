const rightToLeft: ReadonlySet<string> = new Set(['ar', 'fa', 'he', 'ur'])
const rightToLeftLetters = /[\p{Script=Arabic}\p{Script=Hebrew}]/u
const directionControls = /[\u202a-\u202e\u2066-\u2069]/g

const known = new Map<string, 'ltr' | 'rtl'>()

/** The direction in which a language is written. */
export function directionOf(locale: string): 'ltr' | 'rtl' {
  let direction = known.get(locale)
  if (direction === undefined) {
    direction = rightToLeft.has(new Intl.Locale(locale).language) ? 'rtl' : 'ltr'
    known.set(locale, direction)
  }
  return direction
}

/**
 * Sets a name, an address or a number apart from the sentence it stands in: without that, "+49 170 12" reads backwards in
 * Persian, and a Persian name swaps what follows it in English. The marks U+2068 and U+2069 work in text, titles and
 * attributes alike. Marks inside the value go, so that a name cannot turn the sentence around it.
 */
export function isolate(value: string, locale: string): string {
  if (value === '' || (directionOf(locale) === 'ltr' && !rightToLeftLetters.test(value))) return value
  return `\u2068${value.replaceAll(directionControls, '')}\u2069`
}
