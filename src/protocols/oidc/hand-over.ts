import type { Context } from '../../http/index.ts'

const field = /<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g
const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': '\'', '&#x27;': '\'' }

/**
 * The library's page that posts itself carries an inline script; ours has the same form, words in the reader's language, and
 * a script from a file. The form is read back out of the library's markup, whose values it has escaped; a test holds the shape.
 */
export function showHandOver(ctx: Context): void {
  if (typeof ctx.body !== 'string' || !ctx.body.includes('document.forms[0].submit()')) return
  const action = /<form method="post" action="([^"]*)">/.exec(ctx.body)?.[1]
  if (action === undefined) throw new Error('the form_post page of the library has changed')
  const fields = [...ctx.body.matchAll(field)].map(([, name = '', value = '']) => ({ name: plain(name), value: plain(value) }))
  const { status } = ctx
  ctx.state.leavesFormActionOpen = true
  ctx.set('Content-Security-Policy', ctx.response.get('Content-Security-Policy').replaceAll(/ 'sha256-[^']+'/g, ''))
  ctx.page('exchange/hand-over', { action: plain(action), fields }, { status })
}

function plain(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39|#x27);/g, (entity) => entities[entity] ?? entity)
}
