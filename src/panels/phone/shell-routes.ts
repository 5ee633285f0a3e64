import type { Assets, Context, Routes } from '../../http/index.ts'
import { anyone } from '../../http/index.ts'
import { actionGroups, actionKey } from '../actions.ts'

export interface ShellNeeds {
  readonly signUpOffered: boolean
  readonly publicUrl: string
  readonly assets: Pick<Assets, 'url' | 'find'>
}

const worker = 'phone/service-worker.js'
/** What happens to a person's account, as the app names it; anything else is a change by the service. */
const actions = [...actionGroups.signing_in, ...actionGroups.keys, ...actionGroups.phones, ...actionGroups.people, ...actionGroups.applications, ...actionGroups.microsoft.filter((action) => action.split('.')[1]?.startsWith('key_')), 'other'].map((action) => ({ action, labelKey: actionKey(action) }))

/**
 *   GET /phone/, /phone/scan, /phone/pair  the app; the latter two are where any camera leads that follows a code on a computer
 *   GET /phone/manifest.webmanifest        how it is installed (W3C Web Application Manifest)
 *   GET /phone/service-worker.js           what runs beside it, at an address that its scope follows from
 */
export function mountShell(routes: Routes, { publicUrl, assets, signUpOffered }: ShellNeeds): void {
  // The part behind the last slash changes with every file that the app is made of.
  const version = assets.url(worker).split('/')[2] ?? ''

  const shell = (ctx: Context): void => {
    const facts = new URLSearchParams({ version, title: ctx.t('phone.app.name'), body: ctx.t('phone.app.asked'), icon: assets.url('icons/phone-192.png') })
    ctx.page('phone/app', { signUp: signUpOffered, host: new URL(publicUrl).host, worker: `/phone/service-worker.js?${facts}`, actions })
  }
  routes.get('/phone/', anyone, shell)
  routes.get('/phone/scan', anyone, shell)
  routes.get('/phone/pair', anyone, shell)

  routes.get('/phone/manifest.webmanifest', anyone, (ctx) => {
    ctx.set('Content-Type', 'application/manifest+json; charset=utf-8')
    ctx.set('Cache-Control', 'no-cache')
    const icon = (size: number, purpose: 'any' | 'maskable') => ({ src: assets.url(`icons/phone-${size}.png`), sizes: `${size}x${size}`, type: 'image/png', purpose })
    ctx.body = JSON.stringify({
      id: '/phone/', name: ctx.t('phone.app.name'), short_name: ctx.t('phone.app.short'), start_url: '/phone/', scope: '/phone/', display: 'standalone', orientation: 'portrait', lang: ctx.state.locale,
      background_color: '#ffffff', theme_color: '#1f4fbf', icons: [icon(192, 'any'), icon(512, 'any'), icon(512, 'maskable')],
    })
  })

  routes.get('/phone/service-worker.js', anyone, (ctx) => {
    ctx.set('Content-Type', 'text/javascript; charset=utf-8')
    ctx.set('Cache-Control', 'no-cache')
    ctx.body = assets.find(assets.url(worker))?.body
  })
}
