import { NotFound } from '../../errors.ts'
import { qrPicture } from '../../authentication/methods/totp/index.ts'
import { anyone, type Routes } from '../../http/index.ts'
import { mountExtension, type Offered } from './extension-routes.ts'
import { topicLink, topicPage, topics } from './topics.ts'

/**
 *   GET /help, /help/:topic        for everybody, signed in or not, from this server alone (S56, S107)
 *   GET /downloads                 what to get, and how to go on (S52, S53, S55); /downloads/phone.svg
 *   GET /downloads/…               the browser extension → extension-routes.ts
 */
export function mountHelp(routes: Routes, { publicUrl, extension }: { readonly publicUrl: string; readonly extension: Offered }): void {
  const addresses = { address: `${publicUrl}/phone/`, codeAddress: `${publicUrl}/phone/activate` }
  // The same for everybody, and made only once.
  const picture = qrPicture(addresses.address)

  routes.get('/help', anyone, (ctx) => { ctx.page('guidance/help', { topics: topics.map(topicLink) }) })

  routes.get('/help/:topic', anyone, (ctx) => {
    const topic = topics.find(({ name }) => name === ctx.params['topic'])
    if (!topic) throw new NotFound()
    ctx.page('guidance/topic', { ...topicPage(topic), ...addresses })
  })

  routes.get('/downloads', anyone, (ctx) => {
    ctx.page('guidance/downloads', { address: addresses.address, picture: '/downloads/phone.svg', signedIn: ctx.state.visitor !== undefined, version: extension.version, files: extensionFiles(extension) })
  })

  routes.get('/downloads/phone.svg', anyone, (ctx) => {
    ctx.set('Content-Type', 'image/svg+xml')
    ctx.set('Cache-Control', 'public, max-age=3600')
    ctx.body = picture
  })

  mountExtension(routes, { publicUrl, extension })
}

function extensionFiles(extension: Offered): { readonly id: string; readonly labelKey: string; readonly href: string; readonly name: string; readonly sha256: string; readonly size: number }[] {
  return [{ browser: 'chrome', labelKey: 'downloads.tool_chrome' } as const, { browser: 'firefox', labelKey: 'downloads.tool_firefox' } as const].map(({ browser, labelKey }) => {
    const { name, sha256, body } = extension.download(browser)
    return { id: `sum-${browser}`, labelKey, href: `/downloads/${name}`, name, sha256, size: Math.ceil(body.length / 1_024) }
  })
}
