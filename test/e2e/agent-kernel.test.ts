import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { downloadAgent } from '../support/agent-download.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { givePhone } from '../support/fake-phone.ts'
import type { Entry } from '../support/linux/archive.ts'
import { machineMissing, startMachine, type Machine } from '../support/linux/machine.ts'
import { PocketPhone } from '../support/pocket-phone.ts'
import { skipWithout } from '../support/skip.ts'

/** By their names there. Those of libfido2 find devices as its every user does, and so does ssh. */
const programs = {
  node: process.execPath, 'fido2-token': '/usr/bin/fido2-token', 'fido2-cred': '/usr/bin/fido2-cred', 'fido2-assert': '/usr/bin/fido2-assert', 'ssh-keygen': '/usr/bin/ssh-keygen', 'ssh-sk-helper': '/usr/lib/openssh/ssh-sk-helper',
}
const site = 'site.example'
const base64 = (length: number): string => randomBytes(length).toString('base64')

describe('the agent on a kernel of Linux, with programs of others', () => {
  const missing = machineMissing(Object.values(programs))
  skipWithout(missing)
  let app: TestApp
  let phone: PocketPhone
  let running: { stop(): Promise<void> }
  let machine: Machine
  beforeAll(async () => {
    if (missing !== undefined) return
    app = await startTestApp('sqlite')
    const { user } = await app.addPerson({ email: 'grace@example.com', withKey: false })
    phone = new PocketPhone(await givePhone(app, user))
    running = phone.run()
    const agent = [...await downloadAgent(app.url)].map(([path, content]): [string, Entry] => [`home/ada/${path}`, { kind: 'file', content, executable: false }])
    machine = await startMachine({ programs, modules: ['uhid', 'hid_generic'], files: new Map(agent) })
    await done('chown -R 1000:1000 /home/ada')
    await pair()
    // What the rule of the download does where somebody sits at the computer.
    await done('chown ada /dev/uhid')
    await start()
  })
  afterAll(async () => {
    await machine?.stop()
    await running?.stop()
    await app?.close()
  })

  async function done(lines: string): Promise<string> {
    const { status, said } = await machine.run(lines)
    if (status !== 0) throw new Error(`${lines}\n${said}\n${(await machine.run('cat /tmp/run')).said}`)
    return said
  }

  const agent = (command: string): string => `su ada -c 'cd /home/ada/doorward-agent && exec node agent/main.js ${command}'`
  /** @returns what is in the file of it, as soon as it is there */
  const hears = (file: string, pattern: RegExp): Promise<string> => vi.waitFor(async () => {
    const { said } = await machine.run(`cat ${file}`)
    return pattern.exec(said)?.[0] ?? expect.fail(said)
  }, { timeout: 20_000, interval: 200 })

  async function pair(): Promise<void> {
    await done(`(echo y; sleep 30) | ${agent(`pair ${app.url}`)} >/tmp/pair 2>&1 &`)
    const { digits, confirm } = await phone.scan(await hears('/tmp/pair', /^http\S+#1\.\S+$/m))
    await hears('/tmp/pair', new RegExp(`${digits.slice(0, 3)} ${digits.slice(3)}`))
    await confirm()
    await hears('/tmp/pair', /is paired with Pixel/)
  }

  /** As an account like any other, and until it is ended. */
  async function start(): Promise<void> {
    await done(`${agent('run')} >/tmp/run 2>&1 &`)
    await hears('/tmp/run', /Programs find Pixel/)
    await vi.waitFor(async () => { expect((await machine.run('fido2-token -L')).said).toContain('/dev/hidraw0') }, { timeout: 10_000, interval: 200 })
  }

  const stop = (): Promise<string> => done(`kill $(ps | grep '[m]ain.js run' | awk '{ print $1 }'); while ps | grep -q '[m]ain.js run'; do sleep 0.1; done`)

  /** @returns the credential's id and public key, in the files that fido2-assert reads */
  async function register(options = ''): Promise<void> {
    await done(`cd /tmp && printf '${base64(32)}\\n${site}\\nada\\n${base64(16)}\\n' >made.in && fido2-cred -M ${options} -i made.in -o made.out /dev/hidraw0 es256 && fido2-cred -V ${options.replace('-r', '')} -i made.out -o made.pub es256 && sed 1d made.pub >key.pem`)
  }

  it('S111 is found as a security key, by what its kernel says of it', async () => {
    expect(await done('fido2-token -L')).toBe('/dev/hidraw0: vendor=0x1209, product=0x0001 ( )\n')
    expect(await done('cat /sys/class/hidraw/hidraw0/device/uevent')).toContain('HID_NAME=Doorward phone key')
    const info = await done('fido2-token -I /dev/hidraw0')
    for (const line of ['caps: 0x0d (wink, cbor, nomsg)', 'version strings: FIDO_2_0', 'extension strings: credProtect, hmac-secret', 'aaguid: b5f0c3e26d1a4a879c442f7be01d83a6', 'options: rk, up, uv, noplat, alwaysUv', 'pin protocols: 2, 1', 'maxmsgsiz: 7609', 'maxcredlen: 32']) expect(info).toContain(line)
  })

  it.each([['by its id', ''], ['from the list of the phone', '-r']])('S111 makes keys and signs with them as libfido2 checks it: %s', async (_title, resident) => {
    await register(resident)
    await done(`cd /tmp && printf '${base64(32)}\\n${site}\\n' >asked.in && ${resident === '' ? 'head -1 made.pub >>asked.in &&' : ''} fido2-assert -G ${resident} -i asked.in -o asked.out /dev/hidraw0 && fido2-assert -V -i asked.out key.pem es256`)
    expect((await machine.run('cd /tmp && fido2-cred -M -i made.in -o other.out /dev/hidraw0 es256 && fido2-assert -V -i asked.out other.out es256')).status).not.toBe(0)
    expect(phone.device.asked.slice(-3).map(({ kind }) => kind)).toEqual(['create', 'get', 'create'])
  })

  it('derives the same secret from the same input each time', async () => {
    await register('-h')
    const secrets = async (salt: string): Promise<string> => {
      await done(`cd /tmp && (printf '${base64(32)}\\n${site}\\n'; head -1 made.pub; echo '${salt}') >asked.in && fido2-assert -G -h -i asked.in -o asked.out /dev/hidraw0 && fido2-assert -V -h -i asked.out key.pem es256`)
      return done('tail -1 /tmp/asked.out')
    }
    const salts = [base64(32), base64(32), base64(64)] as const
    const first = await secrets(salts[0])
    expect(Buffer.from(first, 'base64')).toHaveLength(32)
    expect([await secrets(salts[0]), await secrets(salts[1]) === first, Buffer.from(await secrets(salts[2]), 'base64').length]).toEqual([first, false, 64])
  })

  it('SEC-48 tells a program that only looks whether it has a key, without asking anybody, and without the phone once it knows', async () => {
    await register()
    const asked = phone.device.asked.length
    const look = (id: string): Promise<{ readonly status: number; readonly said: string }> => machine.run(`cd /tmp && (printf '${base64(32)}\n${site}\n'; ${id}) >asked.in && fido2-assert -G -t up=false -i asked.in /dev/hidraw0`)
    expect((await look('head -1 made.pub')).status).toBe(0)
    const other = `echo ${base64(32)}`
    expect((await look(other)).said).toContain('FIDO_ERR_NO_CREDENTIALS')
    phone.mood = 'away'
    expect((await look(other)).said).toContain('FIDO_ERR_NO_CREDENTIALS')
    expect((await look(`echo ${base64(64)}`)).said).toContain('FIDO_ERR_NO_CREDENTIALS')
    phone.mood = 'answers'
    expect(phone.device.asked).toHaveLength(asked)
  })

  it('S111 is a key for ssh, which signs with it', async () => {
    await done(`cd /tmp && rm -f id id.pub text.sig && export SSH_SK_HELPER=/usr/bin/ssh-sk-helper && ssh-keygen -q -t ed25519-sk -N '' -C ada -f id && echo hello >text && ssh-keygen -q -Y sign -n file -f id text && (printf 'ada '; cat id.pub) >signers`)
    expect(await done('cd /tmp && ssh-keygen -Y verify -f signers -I ada -n file -s text.sig <text')).toContain('Good "file" signature for ada')
    expect((await machine.run('cd /tmp && echo other | ssh-keygen -Y verify -f signers -I ada -n file -s text.sig')).status).not.toBe(0)
  })

  it('S117 says no when the person does, and calls back what nobody waits for any more', async () => {
    await register()
    await done(`printf '${base64(32)}\\n${site}\\n' >/tmp/asked.in; head -1 /tmp/made.pub >>/tmp/asked.in`)
    phone.device.says = 'denied'
    expect((await machine.run('fido2-assert -G -i /tmp/asked.in /dev/hidraw0')).said).toContain('FIDO_ERR_OPERATION_DENIED')
    phone.device.says = undefined
    phone.mood = 'silence'
    const { cancelled } = phone
    expect((await machine.run('timeout 3 fido2-assert -G -i /tmp/asked.in /dev/hidraw0')).status).not.toBe(0)
    // The phone is not asked any more, and whoever comes next finds the key free.
    await expect.poll(() => phone.cancelled, { timeout: 5_000 }).toBe(cancelled + 1)
    phone.mood = 'answers'
    await done('fido2-assert -G -i /tmp/asked.in /dev/hidraw0')
  })

  it('is gone when the agent is, and back when it is started anew', async () => {
    await stop()
    expect(await done('fido2-token -L; ls /dev | grep -c hidraw || true')).toBe('0\n')
    await start()
    await register()
    expect(machine.kernelSaid()).not.toMatch(/BUG|Oops|WARNING/)
  })
})
