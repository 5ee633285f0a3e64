import { assurances, assuranceOf, atLeast, type Assurance } from '../../authentication/index.ts'
import { requiredAssurance } from '../../authentication/policy/index.ts'
import type { LiveSession } from '../../authentication/sessions/index.ts'
import { Forbidden, InvalidRequest } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import { attributesOf, createAdmission, createFlow, createMicrosoftRules, createParticipants, createWaitingRequests, countedProofs, multipleAuthentication, pairwiseId, provenAt, valuesOf, type Answered } from '../exchange/index.ts'
import type { AttributeFacts } from '../../applications/index.ts'
import { authenticationMethods, passwordProtectedTransport } from './names.ts'
import type { WsFedNeeds } from './needs.ts'
import type { Question } from './passive-request.ts'
import type { Realm, RealmReference } from './realm.ts'
import type { Realms } from './realms.ts'
import { issueToken, writeAnswer } from './token.ts'

export interface Asked extends Question { readonly realm: RealmReference }
export interface Participation extends Answered { readonly realm: RealmReference }

export type SignOn = ReturnType<typeof createSignOn>

/** What a question takes, and the token that answers it. */
export function createSignOn(needs: WsFedNeeds, realms: Realms) {
  const waiting = createWaitingRequests<Asked>(needs, 'wsfed')
  const participants = createParticipants<Participation>(needs, 'wsfed')
  const microsoftRules = createMicrosoftRules({ ...needs, participants })
  const admission = createAdmission(needs, microsoftRules, 'wsfed')

  const flow = createFlow<Asked, Realm>(needs, waiting, {
    path: '/wsfed/requests',
    // An address that was taken out of the settings meanwhile gets no token any more either.
    async partyOf(asked) {
      const realm = await realms.byReference(asked.realm)
      return realm?.settings.replyUrls.includes(asked.reply) === true ? realm : undefined
    },
    isPassive: () => false,
    async requestOf(asked, realm, live) {
      const question = realm.microsoft && { domain: realm.microsoft, applicationId: realm.application.id, loginHint: asked.loginHint }
      const configured = requiredAssurance(realm.requiredAssurance as Assurance | null, question && (await microsoftRules.assuranceFor(question, live)), assurances)
      return {
        application: realm.application, assurance: requiredAssurance(asked.assurance, configured, assurances), maxAgeSeconds: asked.maxAgeSeconds,
        loginHint: asked.loginHint, userId: question && (await microsoftRules.personMeant(question)),
      }
    },
    answer,
    /** The protocol has no answer that says no, so the person reads it here (WS-Federation 1.2 §13.6.2 leaves it open). */
    async refuse(ctx, _asked, realm, refusal, waitingId) {
      const live = await needs.sessions.current(ctx)
      await needs.storage.write(async (tx) => {
        if (waitingId !== null) await waiting.answer(tx, waitingId)
        await admission.audit(tx, ctx, realm, live, { action: 'application.refused', outcome: 'failure', details: { status: refusal } })
      })
      throw new Forbidden('not_signed_in', `the person could not be signed in as asked: ${refusal}`)
    },
  })

  async function answer(ctx: Context, asked: Asked, realm: Realm, live: LiveSession, askedAt: number, waitingId: string | null): Promise<void> {
    const { application, microsoft } = realm
    const admitted = await admission.admit(ctx, realm, live)
    if (admitted === 'no_access') return ctx.page('exchange/no-access', { application: application.name, email: live.user.email, back: null, reference: ctx.state.request.id }, { status: 403 })
    const { facts, repeats } = admitted
    const subject = subjectOf(realm, facts)
    if (subject === undefined) return admission.refuse(ctx, realm, live, new InvalidRequest('application_request', 'the person has no value for the NameIdentifier'))

    const proofs = countedProofs(live, asked.maxAgeSeconds, askedAt)
    const strong = atLeast(assuranceOf(proofs), 'urn:doorward:acr:multi')
    const method = asked.method ?? (strong ? multipleAuthentication : microsoft ? passwordProtectedTransport : authenticationMethods.unspecified)
    const { attributes, overage } = attributesOf(realm.settings.attributes, facts)
    const { signer } = await needs.keys.certificates(realm.keyPurpose)
    const token = issueToken(realm, { subject, attributes, method, authenticatedAt: provenAt(proofs, live) }, signer, needs.clock.now())
    const refused = await needs.storage.write(async (tx): Promise<string | undefined> => {
      if (waitingId !== null && !(await waiting.answer(tx, waitingId))) return 'answered already'
      if (!(await participants.remember(tx, live.id, application.id, { realm: asked.realm, multipleFactors: strong, repeats }))) return 'the session ended'
      await admission.audit(tx, ctx, realm, live, { action: 'application.opened', outcome: 'success', details: { issued: token.assertionId, method, ...(overage.length > 0 ? { overage: overage.join(' ') } : {}) } })
      return undefined
    })
    if (refused !== undefined) return admission.refuse(ctx, realm, live, new InvalidRequest('application_request', `nothing was issued: ${refused}`))
    ctx.page('exchange/hand-over', {
      action: asked.reply,
      fields: [{ name: 'wa', value: 'wsignin1.0' }, { name: 'wresult', value: writeAnswer(realm, token) }, ...(asked.context === null ? [] : [{ name: 'wctx', value: asked.context }])],
    })
  }

  return { ...flow, participants }
}

/** The person as this application names them. */
export function subjectOf({ application, settings }: Pick<Realm, 'application' | 'settings'>, facts: AttributeFacts): string | undefined {
  if (settings.nameIdExpression !== null) return valuesOf(settings.nameIdExpression, facts)[0]
  return settings.nameIdFormat === 'persistent' ? pairwiseId(application.id, facts.user_id) : facts.email
}
