import { signedIn, type Routes } from '../../http/index.ts'
import type { OrganizationId, UserId } from '../../storage/index.ts'
import type { GuidanceNeeds } from './needs.ts'
import type { StartStep } from './pages.ts'
import { stateOf, steps, type StepName, type StepState } from './topics.ts'

const places: Readonly<Record<StepName, { readonly href: string | null; readonly help: string }>> = {
  app: { href: '/downloads', help: '/help/phone-app' }, tool: { href: null, help: '/help/pairing-tool' }, activate: { href: '/security/phones/new', help: '/help/activate' }, pair: { href: null, help: '/help/pairing-tool' },
  microsoft: { href: '/microsoft-365', help: '/help/microsoft' }, sign_in: { href: '/', help: '/help/approve' },
}

/** GET /start: what somebody new does, step by step, and how far they are; it may be left and taken up again (S118). */
export function mountStart(routes: Routes, needs: GuidanceNeeds): void {
  routes.get('/start', signedIn, async (ctx) => {
    const { visitor } = ctx.state
    if (!visitor) throw new Error('a page for people without a visitor')
    const list = await stepsOf(needs, { id: visitor.userId as UserId, organizationId: visitor.organizationId as OrganizationId })
    ctx.page('guidance/start', { steps: list, open: list.filter(({ state }) => state === 'open' || state === 'waiting').length })
  })
}

async function stepsOf(needs: GuidanceNeeds, who: { readonly id: UserId; readonly organizationId: OrganizationId }): Promise<StartStep[]> {
  const [user, keys, phones, activation, setUp, texts] = await Promise.all([
    needs.users.findById(who.id), needs.passkeys.count(needs.storage.read, who.id), needs.phones.store.count(needs.storage.read, who.id), needs.phones.activations.latest(who), needs.peopleGuide.setUpOf(who.organizationId, who.id), needs.texts.all(who.organizationId),
  ])
  const facts = { phones, keys, activationSent: activation !== undefined, microsoft: setUp.state, signedIn: user?.lastSignInAt != null }
  return steps.map((name, index) => {
    const state: StepState = stateOf(name, facts)
    return { name, ordinal: index + 1, state, paragraphs: (texts.get(`start.${name}`) ?? '').split(/\n\s*\n/).filter((text) => text.trim() !== ''), href: state === 'open' || state === 'waiting' ? places[name].href : null, help: places[name].help, titleKey: `start.step.${name}.title`, textKey: `start.step.${name}.text` }
  })
}
