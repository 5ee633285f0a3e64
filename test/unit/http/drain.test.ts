import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { drain } from '../../../src/http/index.ts'

/** A server that answers after so long, and a client that keeps its connection for the next request. */
async function withRequest(answerMilliseconds: number, use: (stop: (drainSeconds: number) => Promise<number>, answered: Promise<number>) => Promise<void>): Promise<void> {
  const server = createServer((_request, response) => { setTimeout(() => { response.end('done') }, answerMilliseconds) })
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
  const agent = new Agent({ keepAlive: true })
  const arrived = new Promise((done) => { server.once('request', done) })
  const answered = new Promise<number>((done) => {
    get({ agent, host: '127.0.0.1', port: (server.address() as AddressInfo).port }, (response) => { response.resume().on('end', () => { done(response.statusCode ?? 0) }) }).on('error', () => { done(0) })
  })
  await arrived
  const stop = async (drainSeconds: number): Promise<number> => {
    const began = performance.now()
    await drain(server, drainSeconds)
    return performance.now() - began
  }
  try {
    await use(stop, answered)
  } finally {
    agent.destroy()
  }
}

it('R-10 lets a running request finish, and does not wait for its kept-alive connection', () => withRequest(300, async (stop, answered) => {
  expect(await stop(20)).toBeLessThan(5_000)
  expect(await answered).toBe(200)
}))

it('R-10 cuts what is not done when the time is up', () => withRequest(30_000, async (stop, answered) => {
  expect(await stop(1)).toBeLessThan(5_000)
  expect(await answered).toBe(0)
}))
