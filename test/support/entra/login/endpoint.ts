import { firstFailure, refusal } from '../aadsts.ts'
import { page } from '../page.ts'
import type { Answer, Ask, Route } from '../server.ts'
import type { SignOut } from '../signout.ts'
import type { World } from '../world.ts'
import { nothing } from '../xml.ts'
import { known, type Message } from './assertion.ts'
import { endSession, refusedPage, type Policy } from './policy.ts'
import { samlResponseChecks, type SamlMessage } from './saml-checks.ts'
import { wsFedResponseChecks, type WsFedMessage } from './wsfed-checks.ts'

const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

/** /login.srf, where every answer of the passive protocols arrives. */
export function loginRoutes(world: World, policy: Policy, signOut: SignOut): Route[] {
  const consume = (ask: Ask): Answer => {
    if (ask.form.has('SAMLResponse') && signOut.isLogoutResponse(ask)) return signOut.takeLogoutResponse(ask)
    if (ask.form.has('wa') || ask.form.has('wresult')) return consumeWsFed(ask)
    return consumeSaml(ask)
  }

  function consumeSaml(ask: Ask): Answer {
    const message: SamlMessage = { ...emptyMessage(world), ask, idAttribute: 'ID', flow: undefined, recipients: [world.urls.loginSrf] }
    const failure = firstFailure(samlResponseChecks, message)
    if (failure) return refusedPage(world, failure)
    const { methods, authenticatedAt } = message
    return policy.decide({ flow: known(message.flow, 'flow'), user: known(message.user, 'user'), protocol: 'saml', methods, authenticatedAt, countedFrom: authenticatedAt })
  }

  function consumeWsFed(ask: Ask): Answer {
    const message: WsFedMessage = { ...emptyMessage(world), ask, idAttribute: 'AssertionID', flow: undefined, statedAt: undefined }
    const failure = firstFailure(wsFedResponseChecks, message)
    if (failure) return refusedPage(world, failure)
    const { methods, authenticatedAt, statedAt } = message
    return policy.decide({ flow: known(message.flow, 'flow'), user: known(message.user, 'user'), protocol: 'wsFed', methods, authenticatedAt, countedFrom: statedAt ?? authenticatedAt })
  }

  return [
    { face: 'login', method: 'POST', path: '/login.srf', answer: consume },
    {
      face: 'login', method: 'GET', path: '/login.srf', answer: (ask) => {
        if (ask.query.get('wa') === 'wsignoutcleanup1.0') {
          endSession(world, ask.cookies)
          return { status: 200, headers: { 'content-type': 'image/gif' }, body: pixel }
        }
        if (ask.query.has('SAMLResponse')) return consumeSaml(ask)
        if (ask.query.has('wresult')) return consumeWsFed(ask)
        return ask.query.size === 0 ? page(200, 'empty', 'Sign in', '') : refusedPage(world, { check: '7.3 #1', refusal: refusal(90081, `wa is "${ask.query.get('wa') ?? ''}"`) })
      },
    },
  ]
}

export function emptyMessage(world: World): Omit<Message, 'idAttribute'> {
  return {
    world, source: '', root: nothing, assertion: nothing, signed: nothing, domain: undefined, federation: undefined, immutableId: '', upn: '', user: undefined, methods: [], authenticatedAt: undefined,
    takesSha1: world.takesSha1, checksCertificateValidity: world.checksCertificateValidity, now: () => world.now(),
  }
}
