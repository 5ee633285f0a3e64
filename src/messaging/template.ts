export type Writing = 'json' | 'form' | 'url'

/**
 * Puts recipient and text in their places, written for where they stand: inside a JSON string, a form body or a URL. One
 * pass over the template, so a text that contains "{to}" stays that text.
 */
export function fillTemplate(template: string, values: { readonly to: string; readonly text: string }, writing: Writing): string {
  return template.replaceAll(/\{(to|text)\}/g, (_place, name: 'to' | 'text') => escapeFor(writing, values[name]))
}

export function writingFor(contentType: string): Writing {
  return contentType === 'application/x-www-form-urlencoded' ? 'form' : 'json'
}

function escapeFor(writing: Writing, value: string): string {
  const wellFormed = value.toWellFormed()
  switch (writing) {
    case 'json': return JSON.stringify(wellFormed).slice(1, -1)
    case 'form': return new URLSearchParams({ v: wellFormed }).toString().slice('v='.length)
    // Unlike encodeURIComponent alone, nothing is left that ends a value in any part of a URL.
    case 'url': return encodeURIComponent(wellFormed).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  }
}
