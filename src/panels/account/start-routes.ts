import { organizationParagraphs } from '../../directory/index.ts'
import { signedIn, type Context, type Routes } from '../../http/index.ts'
import { stateOf, stepRows, steps, stepsCard, type StepFacts, type StepRow } from './first-steps.ts'
import type { AccountNeeds } from './needs.ts'
import { showNav, visitorOf } from './shell.ts'

/** GET /start: what somebody new does, step by step, and how far they are; it may be left and taken up again (S118). */
export function mountStart(routes: Routes, needs: AccountNeeds): void {
  routes.get('/start', signedIn, async (ctx) => {
    const { organizationId, userId } = visitorOf(ctx)
    const [keys, { state }] = await Promise.all([needs.passkeys.list(needs.storage.read, userId), needs.microsoft365.peopleGuide.setUpOf(organizationId, userId)])
    const rows = await rowsOf(ctx, needs, await factsOf(ctx, needs, keys, state))
    const card = stepsCard(rows)
    showNav(ctx)
    ctx.page('account/start', { steps: rows, open: card?.open.length ?? 0, done: card?.done ?? 0, all: card?.all ?? 0 })
  })
}

/** For the panel's first page, which knows keys and Microsoft already: one statement where nothing is left. */
export async function stepsLeft(ctx: Context, needs: AccountNeeds, keys: StepFacts['keys'], microsoft: StepFacts['microsoft']): Promise<ReturnType<typeof stepsCard>> {
  const facts = await factsOf(ctx, needs, keys, microsoft)
  return steps.some((step) => ['open', 'waiting'].includes(stateOf(step, facts))) ? stepsCard(await rowsOf(ctx, needs, facts)) : null
}

async function factsOf(ctx: Context, needs: AccountNeeds, keys: StepFacts['keys'], microsoft: StepFacts['microsoft']): Promise<StepFacts> {
  const { organizationId, userId } = visitorOf(ctx)
  const phones = await needs.phonesOf({ organizationId, id: userId })
  // Whoever has a phone, or a key and no activation, is asked for none, whatever the organization allows.
  const matters = phones.active === 0 && (phones.pending || keys.length === 0)
  return { phones, keys, microsoft, phonesAllowed: matters && (await needs.organizations.find(organizationId))?.settings.methods.phone === true }
}

async function rowsOf(ctx: Context, needs: AccountNeeds, facts: StepFacts): Promise<StepRow[]> {
  const texts = await needs.texts.all(visitorOf(ctx).organizationId)
  return stepRows(facts, (step) => organizationParagraphs(texts, `start.${step}`, ctx.state.locale))
}
