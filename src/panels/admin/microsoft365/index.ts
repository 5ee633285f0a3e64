/**
 * The pages of Microsoft 365 in administration, one small page for each step of the guide:
 *
 *   /admin/microsoft365                     domains, alerts; /new chooses a protocol, /new/domain names the domain
 *   …/:id                                   one domain: its steps, certificates, connection; /settings, /removal
 *   …/:id/connection                        signing in at Entra with a code; no step that asks Entra goes without it
 *   …/:id/preflight, plan, apply, check, undo, certificate     the guide
 *   …/identities, …/identities/import       who people are at Entra
 *   …/keys, …/keys/new, consent, check   keys of phones at Microsoft on people's behalf; /admin/users/:id/microsoft-key, microsoft-pass
 *   …/explain, windows, checklist, people   what an error means, Windows' web sign-in, the first tenant, the guide for people
 *
 * What they do is in microsoft365; these files read forms and show.
 */
import type { Routes } from '../../../http/index.ts'
import { mountCertificate } from './certificate-routes.ts'
import { mountConnection } from './connection-routes.ts'
import { mountDomains } from './domain-routes.ts'
import { mountGuideSteps } from './guide-routes.ts'
import { mountHelp } from './help-routes.ts'
import { mountIdentities } from './identity-routes.ts'
import { mountImport } from './import-routes.ts'
import { mountKeyActs } from './key-act-routes.ts'
import { mountKeyList } from './key-list-routes.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import { mountDomainSettings } from './settings-routes.ts'

export type { Microsoft365PageNeeds } from './needs.ts'
export type * from './pages.ts'

export function mountMicrosoft365(routes: Routes, needs: Microsoft365PageNeeds): void {
  // Before the routes with an id: the first that fits answers.
  mountImport(routes, needs)
  mountIdentities(routes, needs)
  mountKeyList(routes, needs)
  mountKeyActs(routes, needs)
  mountHelp(routes, needs)
  mountDomains(routes, needs)
  mountDomainSettings(routes, needs)
  mountConnection(routes, needs)
  mountGuideSteps(routes, needs)
  mountCertificate(routes, needs)
}
