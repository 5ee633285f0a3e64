import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createEvents } from '../../../src/phones/events.ts'
import { createWatch, personSubject } from '../../../src/phones/watch.ts'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

it('S119 an open app hears of what happens while it is told that nothing did', async () => {
  const phone = { id: 'phone', userId: 'ada', suspended: false }
  const watch = createWatch({ changes: () => Promise.resolve({ changed: [], standing: new Set() }), clock: { now: () => Date.now() } as never, everyMilliseconds: 1_000, livelyMilliseconds: 1_000, onError: () => undefined })
  let found: (() => void) | undefined
  const events = createEvents({ watch, log: { warn: () => undefined } as never, store: { byId: () => new Promise((resolve) => { found = () => { resolve(phone) } }) } as never })
  const ctx = { set: () => undefined, body: undefined as unknown as Readable }
  events.stream(ctx as never, phone as never)
  const said = text(ctx.body)
  // The first breath, and the very moment in which the phone is looked up for it.
  await vi.advanceTimersByTimeAsync(20_000)
  watch.changed(personSubject('ada'))
  found?.()
  await vi.advanceTimersByTimeAsync(10)
  found?.()
  await vi.advanceTimersByTimeAsync(10)
  // And just before the next one.
  await vi.advanceTimersByTimeAsync(19_970)
  watch.changed(personSubject('ada'))
  await vi.advanceTimersByTimeAsync(1)
  found?.()
  await vi.advanceTimersByTimeAsync(1)
  events.stop()
  await vi.advanceTimersByTimeAsync(1)
  found?.()
  expect((await said).split('\n\n').map((line) => line.split('\n').find((part) => part.startsWith('event') || part.startsWith(':')))).toEqual(['event: look', ': still here', 'event: look', 'event: look', undefined])
})
