import { setTimeout as pauseFor } from 'node:timers/promises'
import { hostsOf } from './clouds.ts'
import type { ConnectionPurpose } from './connections.ts'
import type { ManagedDomain } from './domain.ts'
import { createDeviceSignIn, createGraphSession, GraphRefused, graphScopes, type DeviceCode, type GraphNeeds, type GraphSession } from './graph/index.ts'

/**
 * Device-code sign-in for one command: shows the code, waits for the person, and keeps the token in this process only.
 * @throws GraphRefused also when the person declines or the code runs out
 */
export async function signInAtTerminal(needs: GraphNeeds, domain: ManagedDomain, purpose: ConnectionPurpose, show: (code: DeviceCode) => void): Promise<GraphSession> {
  const { loginHost, graphHost } = hostsOf(domain.settings)
  const place = { ...domain.settings, loginHost }
  const device = createDeviceSignIn(needs)
  const code = await device.begin(place, graphScopes(graphHost, purpose))
  show(code)
  const pause = needs.pause ?? ((milliseconds: number) => pauseFor(milliseconds))
  for (let interval = code.intervalSeconds; needs.clock.now() < code.expiresAt;) {
    await pause(interval * 1_000)
    const answer = await device.ask(place, code.deviceCode)
    switch (answer.outcome) {
      case 'signed_in': return createGraphSession(needs, graphHost, answer.token.token)
      // RFC 8628 §3.5: five seconds more, from now on.
      case 'slow_down': interval += 5; break
      case 'pending': break
      case 'declined': throw new GraphRefused('declined', 'the sign-in at Entra was declined')
      case 'expired': throw new GraphRefused('code_expired', 'the code has expired')
      case 'refused': throw new GraphRefused('unauthorized', answer.message)
    }
  }
  throw new GraphRefused('code_expired', 'nobody signed in at Entra before the code expired')
}
