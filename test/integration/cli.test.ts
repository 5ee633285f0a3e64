import { migrations } from '../../migrations/index.ts'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signInWithKey, enroll } from '../support/ceremonies.ts'
import { callCommand, environmentOf, runCommand, type Ran } from '../support/command-line.ts'
import { withApp } from '../support/app.ts'
import { createTestDatabase, postgresMissing } from '../support/postgres.ts'
import { SecurityKey } from '../support/security-key.ts'
import { skipWithout } from '../support/skip.ts'

const names = ['check-config', 'migrate', 'setup-link', 'invite', 'apply', 'outbox', 'recover', 'audit verify', 'audit issued', 'keys',
  'directory list', 'directory check', 'directory sync', 'directory runs', 'directory export', 'extension', 'microsoft365 status', 'microsoft365 add', 'microsoft365 preflight', 'microsoft365 plan', 'microsoft365 apply', 'microsoft365 undo', 'microsoft365 certificate', 'microsoft365 guard', 'microsoft365 explain']
let folder = ''
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'doorward-cli-')) })
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

describe('the command line', () => {
  it('lists its commands when asked, and refuses to do nothing', async () => {
    const [asked, alone] = await Promise.all([runCommand(['--help']), runCommand([])])
    expect([asked.code, alone.code]).toEqual([0, 2])
    for (const { out } of [asked, alone]) expect([...out.matchAll(/^ {2}([a-z0-9-]+(?: [a-z]+)?) {2,}\S/gm)].map(([, name]) => name)).toEqual(names)
  })

  it.each(names)('explains %s: purpose, arguments, an example, exit codes', async (name) => {
    const { code, out, err } = await runCommand([...name.split(' '), '--help'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(new RegExp(`^node src/cli\\.ts ${name}`))
    for (const part of [/\n {2}--help +shows this\n/, new RegExp(`\nExamples?\n {2}node src/cli\\.ts ${name}`), /\nExit codes\n {2}0 {3}\S.*\n {2}1 {3}\S.*\n {2}2 {3}\S/]) expect(out).toMatch(part)
  })

  it.each([
    [['invit', 'ada@example.com'], 'There is no command invit. Did you mean invite?'],
    [['audit', 'verfy'], 'There is no command audit verfy. Did you mean audit verify?'],
    [['audit'], 'audit needs to know what: audit verify, audit issued.'],
    [['--version'], '--version stands where the command belongs.'],
    [['xyzzy'], 'There is no command xyzzy.\n'],
    [['apply', 'x.yaml', '--dryrun'], 'apply has no option --dryrun. Did you mean --dry-run?'],
    [['outbox', '--jsn'], 'outbox has no option --jsn. Did you mean --json?'],
    [['outbox', '--json=yes'], '--json takes no value.'],
    [['outbox', '--id'], '--id needs a value: --id <id>.'],
    [['outbox', '--id', 'a', '--id', 'b'], '--id is given twice.'],
    [['invite'], 'invite needs <email>: the person\'s email address.'],
    [['invite', 'ada@example.com', 'grace@example.com'], 'invite does not know what to do with grace@example.com.'],
  ] as const)('refuses %j with a pointer to the help', async (args, message) => {
    const { code, out, err } = await callCommand(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
    expect(err).toMatch(/\nSee: node src\/cli\.ts .*--help\n$/)
  })

  it.each(['audit', 'microsoft365'])('lists what begins with %s when asked', async (word) => {
    const { code, out, err } = await callCommand([word, '--help'])
    expect([code, err]).toEqual([0, ''])
    expect([...out.matchAll(/^ {2}([a-z0-9-]+ [a-z]+) {2,}\S/gm)].map(([, name]) => name)).toEqual(names.filter((name) => name.startsWith(`${word} `)))
  })

  it('shows how npm calls it where npm does', async () => {
    expect((await callCommand(['outbox', '--help'], { npm_lifecycle_event: 'doorward' })).out).toMatch(/^npm run -s doorward -- outbox/)
  })
})

describe('check-config', () => {
  it('prints what counts and where it comes from, and no secret', async () => {
    const file = join(folder, 'fine.yaml')
    writeFileSync(file, 'http:\n  port: 9000\n')
    const { code, out, err } = await runCommand(['check-config'], { environment: { DOORWARD_CONFIG: file, DOORWARD_SMTP_URL: 'smtps://u:canary-password@mail.example.com' } })
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^http\\.port +9000 +${file}$`, 'm'))
    expect(out).toMatch(/^smtp\.url +\(set, not shown\) +DOORWARD_SMTP_URL$/m)
    expect(out).toMatch(/^http\.host +127\.0\.0\.1 +default$/m)
    expect(out + err).not.toContain('canary')
    expect(err).toContain('The configuration is fine')
  })

  it('names all problems at once and fails', async () => {
    const { code, out, err } = await runCommand(['check-config'], { environment: { DOORWARD_HTTP_PORT: '99999', DOORWARD_LOG_LEVLE: 'info' } })
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe([
      'The environment has 2 problems',
      '  DOORWARD_HTTP_PORT   must be a whole number between 0 and 65535, but is "99999"',
      '  DOORWARD_LOG_LEVLE   is not an option; did you mean DOORWARD_LOG_LEVEL?\n',
    ].join('\n'))
  })
})

describe.each(['sqlite', 'postgres'] as const)('an empty database (%s)', (kind) => {
  const missing = kind === 'postgres' ? postgresMissing() : undefined
  skipWithout(missing)

  it('is refused by commands until it was migrated, and set up afterwards', async () => {
    const dataDir = join(folder, kind, 'data')
    const database = kind === 'postgres' ? await createTestDatabase() : undefined
    const environment = { DOORWARD_DATA_DIR: dataDir, ...(database ? { DOORWARD_DATABASE_URL: database.url } : {}) }
    try {
      const refused = await runCommand(['outbox'], { environment })
      expect([refused.code, refused.out]).toEqual([1, ''])
      expect(refused.err).toMatch(/There is no database of Doorward .* yet\.\nBring it up to date first: node src\/cli\.ts migrate/)
      expect(existsSync(dataDir)).toBe(false)

      expect(await runCommand(['migrate'], { environment })).toMatchObject({ code: 0, out: `${migrations.map((Migration) => new Migration().name).join('\n')}\n` })
      if (kind === 'sqlite') expect(statSync(join(dataDir, 'doorward.sqlite')).mode & 0o777).toBe(0o600)
      expect(await callCommand(['migrate'], environment)).toMatchObject({ code: 0, out: '', err: 'Nothing to do: the database is up to date.\n' })

      const link = await callCommand(['setup-link'], environment)
      const unset = await callCommand(['invite', 'ada@example.com'], environment)
      expect(link).toMatchObject({ code: 0, out: expect.stringMatching(/^http:\/\/localhost:8080\/setup\/[\w-]{43}\n$/) as string })
      expect(unset).toMatchObject({ code: 1, out: '', err: expect.stringContaining('There is no organization yet. Set Doorward up first: node src/cli.ts setup-link') as string })
    } finally {
      await database?.drop()
    }
  })
})

describe('a database that cannot be used', () => {
  it.each([
    ['nobody answers', { DOORWARD_DATABASE_URL: 'postgres://doorward@127.0.0.1:1/doorward' }, 'The database does not answer (ECONNREFUSED)'],
    ['the folder is no folder', { DOORWARD_DATA_DIR: '/dev/null/data' }, '/dev/null/data cannot be used by this account (ENOTDIR)'],
  ])('is explained in words when %s', async (_case, environment, message) => {
    const { code, out, err } = await callCommand(['migrate'], environment)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(message)
    expect(err).not.toContain('at async')
  })
})

withApp('commands beside a running server', (current, kind) => {
  const run = (...args: string[]): Promise<Ran> => runCommand(args, { environment: environmentOf(current()) })
  const call = (...args: string[]): Promise<Ran> => callCommand(args, environmentOf(current()))
  const events = async (email: string) => {
    const { audit, organizations, users } = current().foundation
    const user = await users.findByEmailKey(email)
    const all = (await Promise.all((await organizations.list()).map((one) => audit.list({ organizationId: one.id, limit: 500 })))).flatMap((page) => page.events)
    return all.filter((event) => event.userId === user?.id)
  }

  describe('setup-link', () => {
    it('SEC-70 makes a link that opens the set-up, until there is an owner', async () => {
      const { code, out } = await run('setup-link')
      expect(code).toBe(0)
      const link = new URL(out.trim())
      expect((await current().browser().get(link.pathname)).status).toBe(200)

      await current().addPerson({ email: 'owner@example.com', role: 'owner' })
      const refused = await call('setup-link')
      expect(refused).toMatchObject({ code: 1, out: '' })
      expect(refused.err).toMatch(/set up already\..*invite <email>\n.*recover <email>/)
      expect((await current().browser().get(link.pathname)).status).toBe(404)
    })
  })

  describe('invite', () => {
    it('S99 prints a link that lets the person in, writes the mail, and stands in the audit log', async () => {
      const { code, out, err } = await run('invite', 'Grace@Example.com', '--role', 'administrator', '--given-name', 'Grace', '--family-name', 'Hopper', '--note', 'Welcome aboard')
      expect([code, err]).toEqual([0, expect.stringMatching(/^Grace Hopper is invited to Analytical Engines \(role: administrator\)\. The link works once, until .* UTC\.\nNo mail server is set/)])
      expect(out).toMatch(/^http:\/\/localhost:\d+\/invitation\/[\w-]{43}\n$/)
      const [letter] = await current().letters('Grace@example.com')
      expect(letter).toMatchObject({ template: 'invitation', text: expect.stringMatching(/Welcome aboard[^]*\/invitation\//) as string })
      expect(letter?.text).toContain(out.trim())
      expect(await events('grace@example.com')).toMatchObject([{ action: 'user.invited', outcome: 'success', actor: { kind: 'cli' }, details: { role: 'administrator' } }])

      const { pathname } = new URL(out.trim())
      const browser = current().browser()
      await browser.get(pathname)
      const keyPage = await browser.post(pathname, { given_name: 'Grace', family_name: 'Hopper' })
      expect(keyPage.path).toBe(`${pathname}/key`)
      await enroll(browser, new SecurityKey(current().url), { options: `${pathname}/key/options`, action: `${pathname}/key` })
      expect(await current().foundation.users.findByEmailKey('grace@example.com')).toMatchObject({ status: 'active', role: 'administrator', passkeys: 1 })

      const again = await run('invite', 'grace@example.com')
      expect(again).toMatchObject({ code: 1, out: '', err: 'Grace@example.com is active already. If this person has lost every way in: node src/cli.ts recover Grace@example.com\n' })
    })

    it('gives a new link to somebody who has not accepted, and the one before stops working', async () => {
      const first = await call('invite', 'charles@example.com')
      const second = await call('invite', 'charles@example.com', '--given-name', 'Charles', '--role', 'helpdesk')
      expect([first.code, second.code]).toEqual([0, 0])
      expect((await current().browser().get(new URL(first.out.trim()).pathname)).status).toBe(404)
      expect((await current().browser().get(new URL(second.out.trim()).pathname)).body).toContain('Charles')
      expect((await events('charles@example.com')).map(({ action }) => action)).toEqual(expect.arrayContaining(['user.invited', 'user.reinvited']))
      expect(await current().foundation.users.findByEmailKey('charles@example.com')).toMatchObject({ status: 'new', role: 'helpdesk', givenName: 'Charles' })
    })

    it('refuses what cannot be meant', async () => {
      await current().addPerson({ email: 'suspended@example.com', status: 'suspended', withKey: false })
      const [address, role, suspended] = [await call('invite', 'nobody'), await call('invite', 'x@example.com', '--role', 'admin'), await call('invite', 'suspended@example.com')]
      expect(address).toMatchObject({ code: 2, out: '', err: expect.stringContaining('nobody is not an email address like name@example.com.') as string })
      expect(role).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--role must be one of user, helpdesk, administrator, owner, but is admin.') as string })
      expect(suspended).toMatchObject({ code: 1, out: '', err: expect.stringContaining('suspended@example.com is suspended.') as string })
      expect(await current().foundation.users.findByEmailKey('x@example.com')).toBeUndefined()
    })
  })

  describe('outbox', () => {
    it('shows what waits with its content, as text and as JSON, and what ended without', async () => {
      await call('invite', 'outbox@example.com', '--note', 'Come\u001b[2J in')
      const [{ out, code }, text] = [await run('outbox', '--json'), await call('outbox')]
      expect(code).toBe(0)
      const mine = (JSON.parse(out) as Record<string, unknown>[]).find(({ recipient }) => recipient === 'outbox@example.com')
      expect(Object.keys(mine ?? {})).toEqual(['id', 'channel', 'recipient', 'template', 'state', 'createdAt', 'expiresAt', 'subject', 'text'])
      expect(mine).toMatchObject({ channel: 'mail', template: 'invitation', state: 'waiting', subject: 'You are invited to Analytical Engines', text: expect.stringContaining('/invitation/') as string })
      expect(Date.parse(String(mine?.['expiresAt'])) - Date.parse(String(mine?.['createdAt']))).toBeCloseTo(7 * 86_400_000, -4)
      expect(text.out).toMatch(/ {3}mail to outbox@example\.com\n {2}invitation, waiting, .*\n {2}\| Subject: You are invited/)
      expect(text.out).toContain('  | Come\ufffd[2J in\n')
      expect(text.err).toContain('There is no mail server (smtp.url)')

      const id = String(mine?.['id'])
      await current().foundation.storage.execute(`UPDATE outbox_messages SET state = 'sent', sealed_content = '', finished_at = created_at WHERE id = ?`, [id])
      const [waiting, all, one, none] = [await call('outbox', '--json'), await call('outbox', '--json', '--all'), await call('outbox', '--id', id), await call('outbox', '--id', 'nothing')]
      expect(waiting.out).not.toContain(id)
      expect((JSON.parse(all.out) as Record<string, unknown>[]).find((message) => message['id'] === id)).toMatchObject({ state: 'sent', subject: null, text: null })
      expect(one).toMatchObject({ code: 0, out: expect.stringContaining('The content was wiped when the message ended.') as string })
      expect(none).toMatchObject({ code: 1, out: '', err: expect.stringContaining('There is no message nothing.') as string })
    })
  })

  describe('recover', () => {
    it('asks before it takes keys away; then nothing of the last owner works but the new link', async () => {
      const owner = await current().addPerson({ email: 'root@example.com', role: 'owner', organization: await current().addOrganization('Difference Engines'), givenName: 'Root' })
      const browser = await current().signedIn(owner)
      expect((await browser.get('/')).path).toBe('/')
      const asked = await call('recover', 'root@example.com')
      expect(asked).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/has 1 security key, which would stop working\. Nothing was changed\.\n.*recover root@example\.com --yes\n$/) as string })
      expect((await browser.get('/')).path).toBe('/')

      const { code, out, err } = await run('recover', 'root@example.com', '--yes')
      expect([code, err]).toEqual([0, expect.stringContaining('has no key, recovery code or session any more.')])
      expect((await browser.get('/')).path).not.toBe('/')
      if (owner.key) await expect(signInWithKey(current().browser(), owner.key)).resolves.toMatchObject({ status: 422 })
      expect(await current().foundation.users.findByEmailKey('root@example.com')).toMatchObject({ passkeys: 0, role: 'owner' })
      expect(await events('root@example.com')).toEqual(expect.arrayContaining([expect.objectContaining({ action: 'user.reset', actor: expect.objectContaining({ kind: 'cli' }) as unknown })]))
      expect((await current().letters('root@example.com')).at(-1)).toMatchObject({ template: 'access-reset', text: expect.stringContaining(out.trim()) as string })

      const { pathname } = new URL(out.trim())
      const newcomer = current().browser()
      await newcomer.get(pathname)
      await newcomer.post(pathname, { given_name: 'Root', family_name: 'Owner' })
      const key = new SecurityKey(current().url)
      await enroll(newcomer, key, { options: `${pathname}/key/options`, action: `${pathname}/key` })
      expect((await newcomer.get('/')).path).toBe('/')
      expect((await current().browser().get(pathname)).status).toBe(404)
    })

    it('lifts a suspension when told to, and only the link opens the account again', async () => {
      const { user } = await current().addPerson({ email: 'away@example.com', status: 'suspended', withKey: false })
      expect(await call('recover', 'away@example.com')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('is suspended, which would be lifted') as string })
      expect((await call('recover', 'away@example.com', '--yes')).code).toBe(0)
      expect(await current().foundation.users.findById(user.id)).toMatchObject({ status: 'new' })
    })

    it('sends people who never came in, or do not exist, elsewhere', async () => {
      await current().addPerson({ email: 'waiting@example.com', status: 'new', withKey: false })
      const [waiting, nobody] = [await call('recover', 'waiting@example.com', '--yes'), await call('recover', 'nobody@example.com', '--yes')]
      expect(waiting).toMatchObject({ code: 1, out: '', err: expect.stringContaining('For a new link: node src/cli.ts invite waiting@example.com') as string })
      expect(nobody).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Nobody here has the address nobody@example.com.') as string })
    })
  })

  describe('several organizations', () => {
    it('are told apart by --organization, and listed when it is missing', async () => {
      await current().addOrganization('Looms')
      const [unclear, unknown, known] = [await call('invite', 'jo@example.com'), await call('invite', 'jo@example.com', '--organization', 'nowhere'), await call('invite', 'jacquard@example.com', '--organization', 'looms')]
      expect(unclear).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/Say which one with --organization <slug>:\n {2}analytical-engines {3}Analytical Engines\n[^]* {2}looms +Looms\n/) as string })
      expect(unknown).toMatchObject({ code: 1, out: '', err: expect.stringContaining('There is no organization with the slug nowhere.') as string })
      expect(known.err).toContain('is invited to Looms')
      expect(await call('invite', 'jacquard@example.com', '--organization', 'analytical-engines')).toMatchObject({ code: 1, err: expect.stringContaining('belongs to another organization') as string })
    })
  })

  describe('apply', () => {
    it('reads standard input, and files from where the operator stands', async () => {
      const document = `organizations: [{ name: Analytical Engines, slug: analytical-engines, groups: [{ name: ${kind} }] }]`
      writeFileSync(join(folder, 'groups.yaml'), document)
      const environment = environmentOf(current())
      const plan = await runCommand(['apply', '-', '--dry-run'], { environment, input: document })
      expect(plan).toMatchObject({ code: 0, out: `+ create   group   ${kind}\n`, err: expect.stringContaining('nothing was changed') as string })
      expect(await runCommand(['apply', 'groups.yaml'], { environment, folder })).toMatchObject({ code: 0, out: `+ create   group   ${kind}\n` })
      const throughNpm = { ...environment, npm_lifecycle_event: 'doorward', INIT_CWD: folder }
      expect(await callCommand(['apply', 'groups.yaml'], throughNpm)).toMatchObject({ code: 0, out: 'Nothing to do: everything is as groups.yaml says.\n' })
      expect(await call('apply', 'nowhere.yaml')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('The file nowhere.yaml cannot be read: ENOENT') as string })
    })
  })

  describe('audit verify', () => {
    it('SEC-78 tells each chain and its head, also against checkpoints from a log, and finds a manipulated row', async () => {
      const { foundation: { storage, organizations }, logLines } = current()
      await current().runJobs()
      const log = join(folder, `${kind}.log`)
      writeFileSync(log, ['not json', ...logLines.map((line) => `host doorward[7]: ${line.trim()}`)].join('\n'))
      const [fine, anchored, wrongFile] = [await run('audit', 'verify'), await call('audit', 'verify', '--anchors', log), await call('audit', 'verify', '--anchors', join(folder, 'groups.yaml'))]
      const [head] = await storage.read.all<{ seq: number; hash: string }>('SELECT seq, hash FROM audit_heads WHERE organization_id = ?', [current().organization.id])
      expect(fine.code).toBe(0)
      expect(fine.out).toMatch(new RegExp(`^analytical-engines +${head?.seq} events +head ${head?.seq} ${head?.hash} +Analytical Engines$`, 'm'))
      expect(fine.err).toContain('Nothing is wrong.')
      expect(anchored).toMatchObject({ code: 0, err: expect.stringMatching(/Compared with \d+ checkpoints/) as string })
      expect(wrongFile).toMatchObject({ code: 1, out: '', err: expect.stringContaining('has no line with an audit checkpoint') as string })

      const elsewhere = join(folder, `${kind}-elsewhere.log`)
      writeFileSync(elsewhere, `{"log":${JSON.stringify(JSON.stringify({ msg: 'audit checkpoint', organizationId: current().organization.id, seq: 1, hash: 'another one' }))}}\n`)
      await storage.execute(`UPDATE audit_events SET actor_name = 'somebody else' WHERE organization_id = ? AND seq = 2`, [current().organization.id])
      const [changed, rolledBack] = [await run('audit', 'verify'), await call('audit', 'verify', '--anchors', elsewhere)]
      expect(changed.code).toBe(1)
      expect(changed.out).toMatch(/^PROBLEM +analytical-engines +event 2 +altered +event 2 \(\S+\) was changed or moved$/m)
      expect(changed.err).toContain('1 problem:')
      expect(rolledBack.out).toMatch(/^PROBLEM +analytical-engines +event 1 +anchor /m)
      expect((await organizations.list()).length).toBeGreaterThan(1)
    })
  })
})
