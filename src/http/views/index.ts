/**
 * Pages and mails: Handlebars templates in views/, texts in views/locales/<tag>/<room>.json.
 *
 * A room declares its pages by augmenting `Views` (`declare module '…/http/views/model.ts'`); `ctx.page(name, model)` is then typed.
 * Helpers are few on purpose (helpers.ts); what all pages share is `@page` (model.ts).
 */
export { directionOf } from './direction.ts'
export type { ErrorPage, NavItem, PageContext, Views } from './model.ts'
export { createViews, type Mail, type MailOptions } from './views.ts'
