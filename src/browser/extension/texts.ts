import { platform } from './platform.ts'

/**
 * A text of views/locales/<language>/extension.json in the language of the browser. What is put in keeps its own direction.
 * @param key without its first word, `extension.`
 */
export function text(key: string, values: Readonly<Record<string, string>> = {}): string {
  const given = Object.keys(values).sort().map((name) => `\u2068${values[name] ?? ''}\u2069`)
  return platform.i18n.getMessage(key.replaceAll('.', '_'), given)
}

export function setLanguage(root: HTMLElement): void {
  root.lang = text('language')
  root.dir = text('direction')
}

export function clock(at: number): string {
  return new Intl.DateTimeFormat(text('language'), { hour: 'numeric', minute: '2-digit' }).format(at)
}
