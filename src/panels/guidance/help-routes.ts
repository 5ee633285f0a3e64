import { NotFound } from '../../errors.ts'
import { qrPicture } from '../../authentication/methods/totp/index.ts'
import { anyone, type Routes } from '../../http/index.ts'
import { topicLink, topicPage, topics } from './topics.ts'

/**
 *   GET /help, /help/:topic        for everybody, signed in or not, from this server alone (S56, S107)
 *   GET /downloads                 what to get, and how to go on (S52, S53, S55); /downloads/phone.svg
 */
export function mountHelp(routes: Routes, { publicUrl }: { readonly publicUrl: string }): void {
  const addresses = { address: `${publicUrl}/phone/`, codeAddress: `${publicUrl}/phone/activate` }
  // The same for everybody, and made only once.
  const picture = qrPicture(addresses.address)

  routes.get('/help', anyone, (ctx) => { ctx.page('guidance/help', { topics: topics.map(topicLink) }) })

  routes.get('/help/:topic', anyone, (ctx) => {
    const topic = topics.find(({ name }) => name === ctx.params['topic'])
    if (!topic) throw new NotFound()
    ctx.page('guidance/topic', { ...topicPage(topic), ...addresses })
  })

  routes.get('/downloads', anyone, (ctx) => { ctx.page('guidance/downloads', { address: addresses.address, picture: '/downloads/phone.svg', signedIn: ctx.state.visitor !== undefined }) })

  routes.get('/downloads/phone.svg', anyone, (ctx) => {
    ctx.set('Content-Type', 'image/svg+xml')
    ctx.set('Cache-Control', 'public, max-age=3600')
    ctx.body = picture
  })
}
