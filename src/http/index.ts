/**
 * Web plumbing: what every request runs through before a room sees it, and what every answer carries.
 *
 *   server.ts    the order of it all, health, static files
 *   listen.ts    limits of connections and time, drain
 *   routes.ts    routes that must declare who may enter (access.ts)
 *   csrf, cookies, form, headers, proxy, errors, render: one concern each
 *   views/       pages and mails from templates and locale files
 *   outbound/    the one client for calls to other hosts (SEC-81)
 *
 * It knows no person and no table: who the visitor is, app.ts tells it.
 */
export { anyone, freshlySignedIn, may, mayFreshly, roleMay, signedIn, type Access, type Permission, type Role } from './access.ts'
export { createAssets, stripTypes, type Assets } from './assets.ts'
export type { Brand, Context, Handler, Notice, RequestInfo, Visitor } from './context.ts'
export { createCookieSigner, type CookieSigner } from './cookie-signer.ts'
export { readCookie, setCookie } from './cookies.ts'
export { createCsrf, type Csrf } from './csrf.ts'
export { readBody, type Form, type UploadedFile } from './form.ts'
export { leadsToApplication } from './headers.ts'
export { drain } from './listen.ts'
export { createLog } from './log.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { forgetChosenLocale } from './render.ts'
export { createPace, type Pace } from './pace.ts'
export { createRoutes, type DeclaredRoute, type Gatekeeper, type Routes } from './routes.ts'
export { createWeb, type Middleware, type Web } from './server.ts'
export { createViews, type PageContext, type Views } from './views/index.ts'
