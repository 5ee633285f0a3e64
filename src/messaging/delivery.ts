import type { Log } from '../log.ts'
import type { Clock } from '../storage/index.ts'
import type { Channel, ClaimedMessage } from './message.ts'
import type { Outbox } from './outbox.ts'
import type { SendResult, Transport } from './transport.ts'

export interface Delivery {
  /**
   * Sends what is due and returns how many messages went out. Never throws. Several nodes, or the same one twice, may run
   * it at once; a channel without a transport keeps its messages until there is one or they expire.
   */
  deliverDue(signal?: AbortSignal): Promise<number>
}

/** Ends a try whose server trickles: inactivity timeouts never see it. Half of what a claim lasts. */
const attemptMilliseconds = 30_000

export function createDelivery(needs: {
  outbox: Outbox
  mail?: Transport | undefined
  sms?: Transport | undefined
  clock: Clock
  log: Log
  /** Messages on their way at the same time. Default 5. */
  concurrency?: number
  attemptMilliseconds?: number
}): Delivery {
  const { outbox, log, clock } = needs
  const transports: Readonly<Record<Channel, Transport | undefined>> = { mail: needs.mail, sms: needs.sms }

  const attempt = async (message: ClaimedMessage, outer: AbortSignal | undefined): Promise<SendResult> => {
    const transport = transports[message.channel]
    if (!transport) return { outcome: 'unavailable', error: `there is no transport for ${message.channel}` }
    const deadline = AbortSignal.timeout(needs.attemptMilliseconds ?? attemptMilliseconds)
    try {
      return await transport.send(message, outer ? AbortSignal.any([deadline, outer]) : deadline)
    } catch (error) {
      return { outcome: 'unavailable', error: error instanceof Error ? error.message : String(error) }
    }
  }

  const deliver = async (message: ClaimedMessage, signal: AbortSignal | undefined): Promise<SendResult['outcome']> => {
    // A code that ran out while it waited in line must not arrive any more; `retry` sees that it has no later.
    const result: SendResult = message.expiresAt <= clock.now() ? { outcome: 'delayed', error: 'expired before it was sent' } : await attempt(message, signal)
    const fields = { id: message.id, channel: message.channel, attempts: message.attempts }
    switch (result.outcome) {
      case 'sent':
        await outbox.finish(message)
        log.debug('message sent', fields)
        break
      case 'failed':
        await outbox.fail(message, result.error)
        log.warn('message refused for good', { ...fields, reason: result.error })
        break
      case 'delayed':
      case 'unavailable':
        await outbox.retry(message, result.error)
        log.warn('message delayed', { ...fields, reason: result.error })
        break
    }
    return result.outcome
  }

  return {
    async deliverDue(signal) {
      const stuck = new Set<Channel>()
      let sent = 0
      // One message at a time for each worker, so that an urgent one waits for a free hand, not for a whole batch.
      const work = async (): Promise<void> => {
        while (!signal?.aborted) {
          const channels = (['mail', 'sms'] as const).filter((channel) => transports[channel] && !stuck.has(channel))
          const [message] = await outbox.claim(1, channels)
          if (!message) return
          const outcome = await deliver(message, signal)
          if (outcome === 'sent') sent++
          // A server in trouble is left alone until the next run instead of being asked once for every message.
          if (outcome === 'unavailable') stuck.add(message.channel)
        }
      }
      const workers = await Promise.allSettled(Array.from({ length: needs.concurrency ?? 5 }, work))
      for (const worker of workers) {
        if (worker.status === 'rejected') log.error('messages could not be delivered', { error: worker.reason as unknown })
      }
      return sent
    },
  }
}
