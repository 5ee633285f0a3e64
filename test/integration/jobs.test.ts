import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createJobs, LeaseLost, type Jobs, type Lease, type Task } from '../../src/jobs/index.ts'
import { createLeaseStore, leaseMilliseconds } from '../../src/jobs/lease.ts'
import { silentLog } from '../../src/log.ts'
import { onEachDatabase } from '../support/storage.ts'

interface Gate { readonly opened: Promise<void>; open(): void }
function aGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

onEachDatabase('jobs', (current) => {
  let nodes: Jobs[] = []
  let errors: string[] = []
  const node = (...tasks: readonly Task[]): Jobs => {
    const { storage, clock } = current()
    const log = { ...silentLog, error: (message: string) => errors.push(message), warn: (message: string) => errors.push(message) }
    const jobs = createJobs({ storage, clock, log, tasks, lookMilliseconds: 5, renewMilliseconds: 10 })
    nodes.push(jobs)
    return jobs
  }
  const task = (run: Task['run'], everySeconds = 60): Task => ({ name: 'clean', everySeconds, run })
  const settle = (milliseconds = 60) => new Promise((resolve) => setTimeout(resolve, milliseconds))

  beforeEach(async () => { await current().storage.execute('DELETE FROM leases') })
  afterEach(async () => {
    await Promise.all(nodes.map((jobs) => jobs.stop()))
    nodes = []
    errors = []
  })

  it('runs a task when it is due, and writes down when', async () => {
    let runs = 0
    const jobs = node(task(() => { runs++; return Promise.resolve() }))
    jobs.start()
    await vi.waitFor(() => { expect(runs).toBe(1) })
    await settle()
    expect(runs).toBe(1)
    expect(await jobs.states()).toEqual([{ name: 'clean', expiresAt: 0, lastRunAt: current().clock.now(), lastError: null }])
    current().clock.advance(59_000)
    await settle()
    expect(runs).toBe(1)
    current().clock.advance(5_000)
    await vi.waitFor(() => { expect(runs).toBe(2) })
  })

  it('runs a task once among 4 nodes', async () => {
    let runs = 0
    for (let index = 0; index < 4; index++) node(task(async () => { runs++; await settle(10) })).start()
    await vi.waitFor(() => { expect(runs).toBe(1) })
    await settle(100)
    expect(runs).toBe(1)
    current().clock.advance(70_000)
    await settle(150)
    expect(runs).toBe(2)
  })

  it('lets one of many runs through that are asked for at once', async () => {
    let together = 0
    let most = 0
    // It runs until all the others have asked, however busy the machine is.
    const { promise: othersAsked, resolve } = Promise.withResolvers<void>()
    const clean = task(async () => { most = Math.max(most, ++together); await Promise.race([othersAsked, settle(5_000)]); together-- })
    let refused = 0
    const results = await Promise.all(Array.from({ length: 6 }, () => node(clean)).flatMap((jobs) => [jobs.runNow('clean'), jobs.runNow('clean')]).map(async (run) => {
      const result = await run
      if (result.outcome === 'busy' && ++refused === 11) resolve()
      return result
    }))
    expect(results.filter(({ outcome }) => outcome === 'done')).toHaveLength(1)
    expect(results.filter(({ outcome }) => outcome === 'busy')).toHaveLength(11)
    expect(most).toBe(1)
  })

  it('runs out of turn, and knows its tasks', async () => {
    const jobs = node(task(() => Promise.resolve()))
    expect(await jobs.runNow('clean')).toEqual({ outcome: 'done' })
    expect(await jobs.runNow('clean')).toEqual({ outcome: 'done' })
    await expect(jobs.runNow('absent')).rejects.toThrow('there is no task absent')
    expect(() => node(task(() => Promise.resolve()), task(() => Promise.resolve()))).toThrow(/same name/)
  })

  it('survives a task that fails, keeps the reason, and forgets it after a good run', async () => {
    let fails = true
    const jobs = node(task(() => (fails ? Promise.reject(new Error('no disk')) : Promise.resolve())))
    expect(await jobs.runNow('clean')).toEqual({ outcome: 'failed', error: 'no disk' })
    expect(await jobs.states()).toMatchObject([{ lastError: 'no disk', expiresAt: 0, lastRunAt: current().clock.now() }])
    expect(errors).toEqual(['a task failed'])
    fails = false
    await jobs.runNow('clean')
    expect(await jobs.states()).toMatchObject([{ lastError: null }])
  })

  it('survives a task that throws before it returns a promise', async () => {
    const jobs = node(task(() => { throw new Error('bug') }))
    expect(await jobs.runNow('clean')).toEqual({ outcome: 'failed', error: 'bug' })
  })

  it('R-14 takes over from a node that died in the middle, long before the next turn', async () => {
    const { storage, clock } = current()
    await storage.execute('INSERT INTO leases (name, holder, epoch, expires_at, last_run_at) VALUES (?, ?, ?, ?, ?)', ['clean', 'dead node', 7, clock.now() + leaseMilliseconds, clock.now()])
    let epoch = 0
    node(task((_signal, lease) => { epoch = lease.epoch; return Promise.resolve() }, 3_600)).start()
    await settle()
    expect(epoch).toBe(0)
    clock.advance(leaseMilliseconds)
    await vi.waitFor(() => { expect(epoch).toBe(8) })
    expect(leaseMilliseconds).toBeLessThan(15_000)
  })

  it('keeps the lease of a task that takes long', async () => {
    const gate = aGate()
    const first = node(task(() => gate.opened)).runNow('clean')
    await settle(20)
    for (let index = 0; index < 5; index++) {
      current().clock.advance(leaseMilliseconds - 1)
      await settle(50)
      expect(await node(task(() => Promise.resolve())).runNow('clean')).toEqual({ outcome: 'busy' })
    }
    gate.open()
    expect(await first).toEqual({ outcome: 'done' })
  })

  it('R-05 fences a node that slept through its lease: its transaction writes nothing', async () => {
    const { storage, clock } = current()
    const [asleep, awake] = [aGate(), aGate()]
    const write = (lease: Lease, value: string) => storage.write(async (tx) => {
      await lease.stillHeld(tx)
      await tx.run('INSERT INTO installation (name, value, updated_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', ['fence', value, 1])
    })
    // Never renewing is what a stopped process does.
    const sleeper = createJobs({ storage, clock, log: silentLog, renewMilliseconds: 1_000_000, tasks: [task(async (_signal, lease) => {
      await write(lease, 'first, in time')
      asleep.open()
      await awake.opened
      await write(lease, 'first, too late')
    })] })
    nodes.push(sleeper)
    const late = sleeper.runNow('clean')
    await asleep.opened
    clock.advance(leaseMilliseconds)
    expect(await node(task((_signal, lease) => write(lease, 'second'))).runNow('clean')).toEqual({ outcome: 'done' })
    awake.open()
    expect(await late).toEqual({ outcome: 'lost' })
    expect(await storage.read.one('SELECT value FROM installation WHERE name = ?', ['fence'])).toEqual({ value: 'second' })
    expect(await node().states()).toEqual([])
    expect((await storage.read.one<{ epoch: number }>('SELECT epoch FROM leases'))?.epoch).toBe(2)
  })

  it('R-05 tells a running task that its lease is gone', async () => {
    const { storage } = current()
    const reason = Promise.withResolvers<unknown>()
    const run = node(task((signal) => new Promise((_done, refuse) => {
      signal.addEventListener('abort', () => { reason.resolve(signal.reason); refuse(new Error('stopped in the middle')) })
    }))).runNow('clean')
    await vi.waitFor(async () => { expect(await storage.read.all('SELECT name FROM leases')).toHaveLength(1) })
    await storage.execute('UPDATE leases SET epoch = epoch + 1, holder = ?', ['another node'])
    expect(await reason.promise).toBeInstanceOf(LeaseLost)
    expect(await run).toEqual({ outcome: 'lost' })
    expect(await storage.read.one('SELECT holder, last_run_at FROM leases')).toEqual({ holder: 'another node', last_run_at: null })
  })

  it.each(['release', 'giveUp'] as const)('R-05 a renewal that comes after %s revives nothing', async (end) => {
    const { storage, clock } = current()
    const leases = createLeaseStore({ storage, clock, holder: 'this node' })
    const lease = await leases.take('clean', 0)
    if (!lease) throw new Error('the lease is free')
    expect(await leases.renew(lease)).toBe(true)
    await (end === 'release' ? leases.release(lease, clock.now(), null) : leases.giveUp(lease))
    expect(await leases.renew(lease)).toBe(false)
    expect(await storage.read.one('SELECT expires_at FROM leases')).toEqual({ expires_at: 0 })
  })

  it('stops: aborts what runs, waits for it, starts nothing, and leaves the task due', async () => {
    const { storage } = current()
    const started = aGate()
    let ended = false
    const jobs = node(task(async (signal) => {
      started.open()
      await new Promise((done) => { signal.addEventListener('abort', done) })
      await settle(20)
      ended = true
      signal.throwIfAborted()
    }))
    jobs.start()
    await started.opened
    await jobs.stop()
    expect(ended).toBe(true)
    expect(await storage.read.one('SELECT expires_at, last_run_at, last_error FROM leases')).toEqual({ expires_at: 0, last_run_at: null, last_error: null })
    expect(await jobs.runNow('clean')).toEqual({ outcome: 'busy' })
    expect(errors).toEqual([])
    expect(await node(task(() => Promise.resolve())).runNow('clean')).toEqual({ outcome: 'done' })
  })

  it('R-06 goes on looking while the database is away', async () => {
    const { storage, clock } = current()
    let away = true
    let runs = 0
    const flaky = { ...storage, read: { ...storage.read, all: (...given: Parameters<typeof storage.read.all>) => (away ? Promise.reject(new Error('away')) : storage.read.all(...given)) } } as typeof storage
    const jobs = createJobs({ storage: flaky, clock, log: silentLog, lookMilliseconds: 5, tasks: [task(() => { runs++; return Promise.resolve() })] })
    nodes.push(jobs)
    jobs.start()
    await settle()
    expect(runs).toBe(0)
    away = false
    await vi.waitFor(() => { expect(runs).toBe(1) })
  })
})
