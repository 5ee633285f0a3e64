import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeQR } from 'qr/decode.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runAgent, type AgentNeeds } from '../../../src/agent/index.ts'
import { knownPath } from '../../../src/agent/known.ts'
import { loadState } from '../../../src/agent/state.ts'
import { callOf, pairingOf } from '../../../src/browser/pairing/pairing.ts'
import { ask } from '../../../src/browser/pairing/relay-client.ts'
import { answerQuestions, createSmallRelay, takeOffer, type SmallRelay } from '../../support/small-relay.ts'

let folder: string
let relay: SmallRelay
let said: string[]
let typed: (string | undefined)[]
let needs: AgentNeeds
let stopping: AbortController
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorward-agent-'))
  relay = createSmallRelay()
  said = []
  typed = ['y']
  stopping = new AbortController()
  needs = {
    statePath: join(folder, 'state', 'pairing.json'), uhidPath: join(folder, 'uhid'), version: '1', fetch: relay.fetch, signal: stopping.signal,
    terminal: { colours: false, say: (text) => { said.push(text) }, ask: (question) => { said.push(question); return Promise.resolve(typed.shift()) } },
  }
})
afterEach(() => { rmSync(folder, { recursive: true }) })

const address = (): string => said.join('\n').match(/^https:\S+#1\.\S+$/m)?.[0] ?? ''
async function pair(): Promise<Awaited<ReturnType<typeof takeOffer>>> {
  const pairing = runAgent(['pair', relay.origin], needs)
  await vi.waitFor(() => { expect(address()).not.toBe('') })
  const phone = await takeOffer(relay, address())
  expect(await pairing).toBe(0)
  return phone
}

describe('doorward-agent', () => {
  it('says how it is called', async () => {
    for (const [args, code] of [[[], 2], [['help'], 0], [['other'], 2], [['pair'], 2], [['run', 'x'], 2], [['pair', 'a', 'b'], 2]] as const) expect(await runAgent(args, needs), args.join(' ')).toBe(code)
    expect(said.every((text) => text.includes('doorward-agent pair <server>'))).toBe(true)
  })

  it.each(['id.engines.example', 'http://id.engines.example', 'https://id.engines.example/path', 'https://id.engines.example/?a=b', 'https://user@id.engines.example', 'ftp://id.engines.example'])('pairs through a server with TLS only: not %s', async (server) => {
    expect(await runAgent(['pair', server], needs)).toBe(2)
    expect(said.join()).toContain('https://id.example.com')
    expect(relay.calls).toEqual([])
  })

  it('is a program of its own, which keeps its state where XDG says', () => {
    const run = (...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('../../../src/agent/main.ts', import.meta.url)), ...args], { env: { XDG_STATE_HOME: folder, HOME: folder }, encoding: 'utf8', timeout: 20_000 })
      return `${status} ${stdout}${stderr}`
    }
    expect(run('status')).toBe('1 This computer is not paired with a phone. First: doorward-agent pair <server>\n')
    mkdirSync(join(folder, 'doorward-agent'))
    writeFileSync(join(folder, 'doorward-agent', 'pairing.json'), '{}')
    expect(run('status')).toContain(`1 ${join(folder, 'doorward-agent', 'pairing.json')} is not what doorward-agent has written.`)
    expect(run('--help')).toContain('0 doorward-agent makes a phone')
  })

  it('needs a phone for everything but pairing', async () => {
    for (const command of ['run', 'status', 'unpair']) expect(await runAgent([command], needs)).toBe(1)
    expect(said.every((text) => text.includes('not paired'))).toBe(true)
  })
})

describe('pairing in a terminal', () => {
  it('SEC-46 shows a code, the digits, and asks whether they are the same', async () => {
    const { agreement } = await pair()
    const text = said.join('\n')
    expect(text).toContain(`${agreement.digits.slice(0, 3)} ${agreement.digits.slice(3)}`)
    expect(text).toContain('Pocket (ada@engines.example, Engines)')
    expect(said.indexOf('Does the phone show the same digits? [y/n] ')).toBeGreaterThan(said.findIndex((line) => line.includes(agreement.digits.slice(3))))
    expect([...relay.computers.values()][0]?.order).toMatchObject({ kind: 'agent', version: '1', name: expect.stringContaining('Programs on ') as string })
    const picture = said.find((line) => line.includes('█')) ?? ''
    expect(readPicture(picture)).toBe(address())
  })

  it('SEC-46 pairs nothing when they are not, or nobody says so', async () => {
    for (const answer of ['n', 'NO', undefined]) {
      said = []
      typed = ['what?', answer]
      const pairing = runAgent(['pair', relay.origin], needs)
      await vi.waitFor(() => { expect(address()).not.toBe('') })
      await takeOffer(relay, address(), { confirm: false })
      expect(await pairing).toBe(1)
      expect([...relay.computers.values()].at(-1)).toMatchObject({ state: 'removed', computerProof: null })
      expect(existsSync(needs.statePath)).toBe(false)
    }
  })

  it('SEC-46 pairs nothing with whoever has not scanned the code, nor when it is stopped', async () => {
    const forged = runAgent(['pair', relay.origin], needs)
    await vi.waitFor(() => { expect(address()).not.toBe('') })
    await takeOffer(relay, address(), { secret: new Uint8Array(16), confirm: false })
    expect(await forged).toBe(1)
    expect(said.at(-1)).toContain('did not scan this code')
    said = []
    const stopped = runAgent(['pair', relay.origin], needs)
    await vi.waitFor(() => { expect(address()).not.toBe('') })
    stopping.abort(new Error('stopped'))
    expect(await stopped).toBe(1)
    expect([...relay.computers.values()].map(({ state }) => state)).toEqual(['removed', 'removed'])
    expect(existsSync(needs.statePath)).toBe(false)
  })

  it('SEC-79 shows a name that others chose without what moves the cursor', async () => {
    const fetch: AgentNeeds['fetch'] = async (url, order) => {
      const answer = await relay.fetch(url, order)
      return new Response((await answer.text()).replace('"Pocket"', JSON.stringify('Po\u001b[2Jcket\u202e')), { status: answer.status })
    }
    needs = { ...needs, fetch }
    await pair()
    expect(said.join()).toContain('Po\ufffd[2Jcket\ufffd')
    for (const character of ['\u001b', '\u202e']) expect(said.join()).not.toContain(character)
  })

  it('SEC-48 keeps what was agreed for this account only, and speaks with the phone after a new start', async () => {
    const { pair: phone } = await pair()
    expect((statSync(needs.statePath).mode & 0o777).toString(8)).toBe('600')
    expect((statSync(join(folder, 'state')).mode & 0o777).toString(8)).toBe('700')
    const paired = await loadState(needs.statePath)
    if (!paired) throw new Error('nothing was kept')
    for (const key of [paired.agreement, paired.signing, paired.root]) expect(key.extractable).toBe(false)
    answerQuestions(relay, phone, () => [{ kind: 'ctap', response: 'AA' }])
    const at = Date.now()
    expect(await ask(pairingOf(paired, callOf(paired, relay.fetch)), { kind: 'ctap', request: 'one', command: 'BA', at, expiresAt: at + 10_000 }, { signal: stopping.signal })).toEqual({ kind: 'ctap', response: 'AA' })
    expect(await runAgent(['pair', relay.origin], needs)).toBe(1)
    expect(said.at(-1)).toContain('First: doorward-agent unpair')
  })
})

describe('a paired computer', () => {
  it('says with which phone, and learns that it was removed', async () => {
    await pair()
    expect(await runAgent(['status'], needs)).toBe(0)
    expect(said.at(-1)).toBe('Paired with Pocket (ada@engines.example, Engines) through https://id.engines.example.')
    relay.instead = () => ({ status: 0 })
    expect(await runAgent(['status'], needs)).toBe(1)
    expect(said.at(-1)).toContain('cannot be reached')
    expect(existsSync(needs.statePath)).toBe(true)
    relay.instead = undefined
    for (const computer of relay.computers.values()) computer.state = 'removed'
    expect(await runAgent(['status'], needs)).toBe(1)
    expect(existsSync(needs.statePath)).toBe(false)
  })

  it('SEC-50 forgets the phone and the keys it was seen to hold, and tells it', async () => {
    await pair()
    writeFileSync(knownPath(needs.statePath), '{}')
    expect(await runAgent(['unpair'], needs)).toBe(0)
    expect([...relay.computers.values()].map(({ state }) => state)).toEqual(['removed'])
    expect([needs.statePath, knownPath(needs.statePath)].filter((path) => existsSync(path))).toEqual([])
  })

  it('forgets the phone without the server too, and says what is left to do', async () => {
    await pair()
    relay.instead = () => ({ status: 0 })
    expect(await runAgent(['unpair'], needs)).toBe(0)
    expect(said.at(-1)).toContain('remove this computer in the app as well')
    expect(existsSync(needs.statePath)).toBe(false)
  })

  it('says what to do where there is no device, and what it cannot read', async () => {
    await pair()
    expect(await runAgent(['run'], needs)).toBe(1)
    expect(said.at(-1)).toContain('sudo modprobe uhid')
    const good = readFileSync(needs.statePath, 'utf8')
    for (const text of ['', '{', '{}', '{"version":2}', good.replace('"version": 1', '"version": 9'), good.replace(/"d": "[^"]{8}/, '"d": "')]) {
      writeFileSync(needs.statePath, text)
      expect(await runAgent(['run'], needs)).toBe(1)
      expect(said.at(-1)).toContain('Remove it and pair anew.')
    }
  })
})

/** As a camera sees it: two rows of modules stand in each line of half blocks. */
function readPicture(text: string): string {
  const rows = text.split('\n').filter((line) => /^[█▀▄ ]{20,}$/.test(line))
  const scale = 4
  const [width, height] = [(rows[0]?.length ?? 0) * scale, rows.length * 2 * scale]
  const data = new Uint8Array(width * height * 4).fill(255)
  rows.forEach((row, line) => [...row].forEach((letter, column) => {
    for (const half of [0, 1]) {
      if (letter === '█' || letter === (half === 0 ? '▀' : '▄')) continue
      for (let y = 0; y < scale; y += 1) for (let x = 0; x < scale; x += 1) data.fill(0, (((line * 2 + half) * scale + y) * width + column * scale + x) * 4, (((line * 2 + half) * scale + y) * width + column * scale + x) * 4 + 3)
    }
  }))
  return decodeQR({ width, height, data })
}
