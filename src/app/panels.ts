import type { Routes } from '../http/index.ts'
import { normaliseEmail } from '../messaging/index.ts'
import { mountWelcome } from '../panels/welcome/index.ts'
import type { AppParts } from './app.ts'
import type { Foundation } from './foundation.ts'

/** Gives each panel what it needs and mounts its routes. */
export function mountPanels(routes: Routes, foundation: Foundation, parts: AppParts): void {
  const { config, storage, clock, organizations, users, invitations, applications, letters, brands } = foundation
  const { sessions, codes, passkeys, securityCheck, throttle, limits, records } = parts
  const mail = letters.mail.bind(letters)

  mountWelcome(routes, {
    storage, clock, publicUrl: config.publicUrl, organizations, users, invitations, applications, sessions, codes, passkeys, securityCheck, throttle, normaliseEmail,
    limits: { ...limits, signUpsPerAddress: { name: 'signup.address', attempts: config.limits.signUpsPerAddress, windowSeconds: config.limits.windowSeconds } },
    brandOf: (id) => brands.ofId(id),
    async record(tx, ctx, event) {
      await records.newcomer(tx, ctx, event)
      // The first organization gives the product its name and colours.
      if (event.action === 'setup.completed') setTimeout(() => void brands.refresh().catch(() => undefined), 50)
    },
    mail, signUp: config.signUp, links: config.links,
  }, foundation.setupLinks)
}
