/**
 * What a phone is shown: the app's shell, and the pages that put a key on it.
 *
 *   shell-routes.ts        the app's page, and what makes it installable
 *   activation-routes.ts   a link, a picture or six digits → who asks → approved or refused; activating.ts does it
 *
 * What an activated phone and this server say to each other → ../../phones; the app itself → ../../browser/phone.
 */
import type { Routes } from '../../http/index.ts'
import { mountActivation } from './activation-routes.ts'
import type { PhonePanelNeeds } from './needs.ts'
import { mountShell, type ShellNeeds } from './shell-routes.ts'

export type { ActivationEvent, PhonePanelNeeds } from './needs.ts'
export type * from './pages.ts'

export function mountPhone(routes: Routes, needs: PhonePanelNeeds & ShellNeeds): void {
  mountShell(routes, needs)
  mountActivation(routes, needs)
}
