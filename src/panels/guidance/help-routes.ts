import { NotFound } from '../../errors.ts'
import { qrPicture } from '../../authentication/methods/totp/index.ts'
import { anyone, type Routes } from '../../http/index.ts'
import type { GuidanceNeeds } from './needs.ts'
import { topics, type Topic } from './topics.ts'

/**
 *   GET /help, /help/:topic        for everybody, signed in or not, from this server alone (S56, S107)
 *   GET /downloads                 what to get, and how to go on (S52, S53, S55); /downloads/phone.svg
 */
export function mountHelp(routes: Routes, { publicUrl }: Pick<GuidanceNeeds, 'publicUrl'>): void {
  const short = ({ id, icon }: Topic) => ({ id, icon, titleKey: `help.topic.${id}.title`, textKey: `help.topic.${id}.text` })
  const appLink = `${publicUrl}/phone/`

  routes.get('/help', anyone, (ctx) => { ctx.page('guidance/help', { topics: topics.map(short) }) })

  routes.get('/help/:topic', anyone, (ctx) => {
    const topic = topics.find(({ id }) => id === ctx.params['topic'])
    if (!topic) throw new NotFound()
    ctx.page('guidance/topic', { ...short(topic), steps: Array.from({ length: topic.steps }, (_, number) => `help.topic.${topic.id}.step.${number + 1}`), others: topics.filter((other) => other !== topic).map(short) })
  })

  routes.get('/downloads', anyone, (ctx) => { ctx.page('guidance/downloads', { appLink, picture: '/downloads/phone.svg', signedIn: ctx.state.visitor !== undefined }) })

  routes.get('/downloads/phone.svg', anyone, (ctx) => {
    ctx.set('Content-Type', 'image/svg+xml')
    ctx.body = qrPicture(appLink)
  })
}
