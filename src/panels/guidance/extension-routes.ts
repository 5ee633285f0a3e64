import { extensionBrowsers, policyOf, updateManifest, type Extension } from '../../downloads/index.ts'
import { anyone, type Context, type Routes } from '../../http/index.ts'

export type Offered = Pick<Extension, 'id' | 'version' | 'download' | 'packed'>

/**
 *   GET /downloads/doorward-extension-<version>-<browser>.zip    what people load by hand, and operators unpack
 *   GET /downloads/doorward-extension-<version>.crx              the same for Chromium, signed by this server; extension-update.xml leads there
 *   GET /downloads/extension.json                                version and checksum, for the extension itself
 *   GET /downloads/roll-out                                      policies to copy
 */
export function mountExtension(routes: Routes, { publicUrl, extension }: { readonly publicUrl: string; readonly extension: Offered }): void {
  const { id, version } = extension
  const packedName = `doorward-extension-${version}.crx`

  for (const browser of extensionBrowsers) {
    routes.get(`/downloads/doorward-extension-${version}-${browser}.zip`, anyone, (ctx) => {
      const { name, body, sha256 } = extension.download(browser)
      ctx.set('Content-Disposition', `attachment; filename="${name}"`)
      ctx.set('ETag', `"${sha256}"`)
      send(ctx, 'application/zip', body)
    })
  }

  routes.get(`/downloads/${packedName}`, anyone, (ctx) => { send(ctx, 'application/x-chrome-extension', extension.packed()) })

  routes.get('/downloads/extension-update.xml', anyone, (ctx) => {
    send(ctx, 'application/xml; charset=utf-8', Buffer.from(updateManifest({ id, version, address: `${publicUrl}/downloads/${packedName}` })))
  })

  routes.get('/downloads/extension.json', anyone, (ctx) => {
    // It holds nothing of anybody, and the extension stands at an origin of its own.
    ctx.set('Access-Control-Allow-Origin', '*')
    ctx.set('Cross-Origin-Resource-Policy', 'cross-origin')
    send(ctx, 'application/json', Buffer.from(JSON.stringify({ id, files: extensionBrowsers.map((browser) => { const { name, sha256 } = extension.download(browser); return { browser, version, name, sha256 } }) })))
  })

  routes.get('/downloads/roll-out', anyone, (ctx) => { ctx.page('guidance/roll-out', { id, ...policyOf(extension, publicUrl) }) })
}

function send(ctx: Context, type: string, body: Buffer): void {
  ctx.set('Content-Type', type)
  ctx.set('Cache-Control', 'no-cache')
  ctx.body = body
}
