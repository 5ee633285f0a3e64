import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const room = 'extension'

interface Message { readonly message: string; readonly placeholders?: Readonly<Record<string, { readonly content: string }>> }

/**
 * The texts of the room `extension` as browsers want them: names without dots, and what is put in by number. The numbers are those of the names in
 * their alphabetical order, as src/browser/extension/texts.ts counts them.
 */
export function messagesOf(localeFolder: string, locale: string): Record<string, Message> {
  const texts = JSON.parse(readFileSync(join(localeFolder, locale, `${room}.json`), 'utf8')) as Record<string, string>
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => {
    const names = [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].sort()
    const message = text.replaceAll('$', '$$$$').replaceAll(/\{(\w+)\}/g, (_whole, name: string) => `$${name.toUpperCase()}$`)
    const placeholders = Object.fromEntries(names.map((name, index) => [name, { content: `$${index + 1}` }]))
    return [key.slice(room.length + 1).replaceAll('.', '_'), names.length === 0 ? { message } : { message, placeholders }]
  }))
}
