import { NotFound } from '../../errors.ts'
import { qrPicture } from '../../authentication/methods/totp/index.ts'
import type { Agent } from '../../downloads/index.ts'
import { anyone, type Routes } from '../../http/index.ts'
import { mountExtension, type Offered } from './extension-routes.ts'
import { topicLink, topicPage, topics } from './topics.ts'

/**
 *   GET /help, /help/:topic        for everybody, signed in or not, from this server alone (S56, S107)
 *   GET /downloads                 what to get, and how to go on (S52, S53, S55); /downloads/phone.svg
 *   GET /downloads/…               the browser extension → extension-routes.ts; the agent for Linux
 */
export function mountHelp(routes: Routes, { publicUrl, extension, agent }: { readonly publicUrl: string; readonly extension: Offered; readonly agent: () => Agent }): void {
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
    ctx.page('guidance/downloads', { address: addresses.address, picture: '/downloads/phone.svg', signedIn: ctx.state.visitor !== undefined, version: extension.version, files: [...extensionFiles(extension), agentFile(agent())] })
  })

  routes.get('/downloads/phone.svg', anyone, (ctx) => {
    ctx.set('Content-Type', 'image/svg+xml')
    ctx.set('Cache-Control', 'public, max-age=3600')
    ctx.body = picture
  })

  mountExtension(routes, { publicUrl, extension })

  routes.get(`/downloads/doorward-agent-${extension.version}.zip`, anyone, (ctx) => {
    const { name, body, sha256 } = agent()
    ctx.set('Content-Disposition', `attachment; filename="${name}"`)
    ctx.set('ETag', `"${sha256}"`)
    ctx.set('Content-Type', 'application/zip')
    ctx.set('Cache-Control', 'no-cache')
    ctx.body = body
  })
}

interface OfferedFile { readonly id: string; readonly labelKey: string; readonly href: string; readonly name: string; readonly sha256: string; readonly size: number }

function agentFile({ name, body, sha256 }: Agent): OfferedFile {
  return { id: 'sum-agent', labelKey: 'downloads.agent', href: `/downloads/${name}`, name, sha256, size: Math.ceil(body.length / 1_024) }
}

function extensionFiles(extension: Offered): OfferedFile[] {
  return [{ browser: 'chrome', labelKey: 'downloads.tool_chrome' } as const, { browser: 'firefox', labelKey: 'downloads.tool_firefox' } as const].map(({ browser, labelKey }) => {
    const { name, sha256, body } = extension.download(browser)
    return { id: `sum-${browser}`, labelKey, href: `/downloads/${name}`, name, sha256, size: Math.ceil(body.length / 1_024) }
  })
}
