import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { readCbor, writeCbor, type Cbor, type CborKey } from '../../src/browser/authenticator/cbor.ts'
import { downloadAgent } from '../support/agent-download.ts'
import { pairWith } from '../support/pairing-tool.ts'
import { activate, takePhone } from '../support/phone-seat.ts'
import { inBrowser } from '../support/scene.ts'

let count = 0

inBrowser('the agent for programs of Linux', (current) => {
  async function ready() {
    const { user } = await current().app.addPerson({ email: `agent${++count}@example.com`, withKey: false })
    const phone = await takePhone(current())
    await activate(phone, current().app, user)
    await phone.page.getByText('Ready').waitFor()
    return { phone, user }
  }

  async function unpack(): Promise<{ folder: string; remove(): void }> {
    const folder = mkdtempSync(join(tmpdir(), 'doorward-agent-'))
    for (const [name, content] of await downloadAgent(current().app.url)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), content)
    }
    return { folder, remove: () => { rmSync(folder, { recursive: true, force: true }) } }
  }

  function run(folder: string, ...words: readonly string[]) {
    const child = spawn(process.execPath, ['doorward-agent/agent/main.js', ...words], { cwd: folder, stdio: 'pipe', env: { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_STATE_HOME: join(folder, 'state') } })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => { said += part.toString() })
    const ended = new Promise<number | null>((resolve) => { child.on('close', resolve) })
    return {
      ended, said: () => said,
      type(text: string) { child.stdin.write(text) },
      hears: (pattern: RegExp) => expect.poll(() => pattern.exec(said)?.[1], { timeout: 15_000, message: said }).toBeTruthy().then(() => pattern.exec(said)?.[1] ?? ''),
    }
  }

  it('S96 S105 is downloaded, runs by Node alone, pairs with the phone, and says so until it is unpaired', async () => {
    const { phone } = await ready()
    const { folder, remove } = await unpack()
    try {
      const { url } = current().app
      const pairing = run(folder, 'pair', url)
      const address = await pairing.hears(/^(http\S+\/phone\/pair#\S+)$/m)
      await phone.page.goto(address)
      await phone.page.getByText('Programs on it can then ask this phone').waitFor()
      await phone.page.getByRole('button', { name: 'Pair', exact: true }).click()
      const digits = await pairing.hears(/^ {4}(\d{3} \d{3})$/m)
      await phone.page.getByText(digits).waitFor()
      pairing.type('y\n')
      await phone.page.getByRole('button', { name: 'Yes, the same' }).click()
      await phone.page.getByRole('heading', { name: 'Paired' }).waitFor()
      expect([await pairing.ended, pairing.said().includes('This computer is paired with')]).toEqual([0, true])
      const status = run(folder, 'status')
      expect([await status.ended, status.said().includes('Paired with')]).toEqual([0, true])
      const away = run(folder, 'unpair')
      expect(await away.ended).toBe(0)
      const after = run(folder, 'status')
      expect([await after.ended, after.said().includes('is not paired')]).toEqual([1, true])
    } finally {
      remove()
    }
    await phone.close()
  })

  it('S111 what a program asks comes up on the phone as a program’s, and is answered as CTAP wants', async () => {
    const { phone } = await ready()
    const tool = await pairWith(phone.page, current().app.url, { kind: 'agent', name: 'Programs on workstation' })
    const ask = async (code: number, parameters: Map<CborKey, Cbor>) => {
      const answer = await tool.command(Buffer.concat([Buffer.from([code]), writeCbor(parameters)]))
      if (answer.kind !== 'ctap') throw new Error(JSON.stringify(answer))
      const bytes = Buffer.from(answer.response, 'base64url')
      return { status: bytes[0], content: bytes.length > 1 ? readCbor(bytes.subarray(1)) as Map<number, Cbor> : undefined }
    }
    const hash = createHash('sha256').update('client data').digest()
    const making = ask(1, new Map<CborKey, Cbor>([
      [1, hash], [2, new Map<CborKey, Cbor>([['id', 'ssh:work'], ['name', 'ssh']])], [3, new Map<CborKey, Cbor>([['id', Buffer.from('grace')], ['name', 'grace'], ['displayName', 'Grace']])],
      [4, [new Map<CborKey, Cbor>([['alg', -7], ['type', 'public-key']])]], [7, new Map<CborKey, Cbor>([['rk', true]])],
    ]))
    await phone.page.getByRole('heading', { name: 'ssh:work' }).waitFor()
    expect(await phone.page.getByRole('main').innerText()).toContain('A program on it asks')
    await phone.page.getByRole('button', { name: 'Approve' }).click()
    const made = await making
    expect([made.status, made.content?.get(1)]).toEqual([0, 'packed'])
    await phone.page.getByRole('link', { name: 'Done' }).click()

    const signing = ask(2, new Map<CborKey, Cbor>([[1, 'ssh:work'], [2, hash]]))
    await phone.page.getByRole('button', { name: 'No, it\'s not me' }).click()
    await phone.page.getByRole('button', { name: /Just refuse/ }).click()
    // CTAP2_ERR_OPERATION_DENIED
    expect((await signing).status).toBe(0x27)
    await phone.close()
  })
})
