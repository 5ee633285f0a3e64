import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aDataFolder, startProcess, type Running } from '../support/process.ts'

describe('the process', () => {
  let folder = aDataFolder()
  const processes: Running[] = []
  const start = async (environment: Readonly<Record<string, string>> = {}): Promise<Running> => {
    const running = await startProcess(folder.path, environment)
    processes.push(running)
    return running
  }
  beforeEach(() => { folder = aDataFolder() })
  afterEach(async () => {
    for (const { child, ended } of processes.splice(0)) {
      child.kill('SIGKILL')
      await ended
    }
    folder.remove()
  })

  it('S4 starts from nothing, says where, and is ready', async () => {
    const started = performance.now()
    const running = await start()
    await running.ready()
    expect(performance.now() - started).toBeLessThan(20_000)
    expect(await running.status('/health/ready')).toBe(200)
    expect(running.errors()).toContain(running.url)
    expect(existsSync(join(folder.path, 'secret.key'))).toBe(true)
    for (const line of running.output().trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ level: 'info' })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('R-10 ends at %s with what was asked before, soon and without an error, though others hold connections', async (signal) => {
    const running = await start({ DOORWARD_HTTP_DRAIN_SECONDS: '8' })
    await running.ready()
    const unused = connect(running.port, '127.0.0.1')
    unused.on('error', () => undefined)
    // A request that is half sent when the signal comes is still answered.
    const half = connect(running.port, '127.0.0.1')
    let answer = ''
    half.on('data', (part: Buffer) => { answer += part.toString() })
    await new Promise((done) => { half.once('connect', done) })
    half.write('POST /signup/work HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\ncsr')
    await new Promise((resolve) => setTimeout(resolve, 200))
    const started = performance.now()
    running.child.kill(signal)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await expect(running.status('/health/live')).rejects.toThrow()
    half.write('f=x')
    expect(await running.ended).toEqual({ code: 0, signal: null })
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    expect(running.output()).toContain('"asked to stop"')
    unused.destroy()
  })

  it('R-02 is ready again within seconds after it was killed, with the same key', async () => {
    const first = await start()
    await first.ready()
    const key = readFileSync(join(folder.path, 'secret.key'), 'utf8')
    first.child.kill('SIGKILL')
    await first.ended
    const started = performance.now()
    const second = await start()
    await second.ready()
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(await second.status('/health/ready')).toBe(200)
    expect(readFileSync(join(folder.path, 'secret.key'), 'utf8')).toBe(key)
  })

  it('R-20 refuses to start with the key of another installation, and says which', async () => {
    const first = await start()
    await first.ready()
    first.child.kill('SIGTERM')
    await first.ended
    const file = join(folder.path, 'secret.key')
    writeFileSync(file, Buffer.alloc(32, 9).toString('base64url'))
    const second = await start()
    expect(await second.ended).toEqual({ code: 1, signal: null })
    expect(second.errors()).toMatch(/The secret key file \S+secret\.key holds key [\w-]{8}, but this database was sealed with key [\w-]{8}\. Put the right file in place\. Nothing was changed\./)
    expect(second.errors()).not.toContain('    at ')
  })

  it('says what to do when its port is taken', async () => {
    const other = createServer()
    await new Promise<void>((done) => { other.listen(0, '127.0.0.1', done) })
    const address = other.address()
    const running = await start({ DOORWARD_HTTP_PORT: String(typeof address === 'object' && address ? address.port : 0) })
    expect(await running.ended).toEqual({ code: 1, signal: null })
    expect(running.errors()).toMatch(/Port \d+ of 127\.0\.0\.1 is taken\./)
    other.close()
  })

  it('says what to do when PostgreSQL does not answer', async () => {
    const running = await start({ DOORWARD_DATABASE_URL: 'postgres://doorward@127.0.0.1:1/none' })
    expect(await running.ended).toEqual({ code: 1, signal: null })
    expect(running.errors()).toContain('The database does not answer')
    expect(running.errors()).not.toContain('    at ')
  })
})
