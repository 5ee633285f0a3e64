import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readSources, type SourceFile } from './support/source.ts'

const files = readSources('src')
const server = files.filter(({ path }) => !path.startsWith('src/browser/'))
const browser = files.filter(({ path }) => path.startsWith('src/browser/'))
const byPath = new Map(files.map((file) => [file.path, file]))

/** From the top of the house to its ground. What stands on one rung does not know of its neighbours. */
const ladder: readonly (readonly string[])[] = [
  ['main.ts', 'cli.ts', 'agent'], ['cli'], ['app'], ['panels'], ['microsoft365'], ['protocols'], ['authentication'], ['phones'], ['applications'], ['directory'], ['jobs', 'messaging', 'keys', 'audit', 'downloads'], ['http', 'storage', 'config'],
  ['errors.ts', 'log.ts', 'equal.ts', 'launch.ts'],
]
const wingOf = (path: string): string => path.split('/')[1] ?? ''
const rungOf = (path: string): number => ladder.findIndex((rung) => rung.includes(wingOf(path)))
const edges = files.flatMap((file) => file.imports.filter(({ own }) => own).map(({ target, augments }) => ({ from: file.path, to: target, augments })))
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))
/** What runs on computers and phones of people, and nowhere near the server. */
const isOutside = (from: string, to: string): boolean => ['browser', 'agent'].includes(wingOf(from)) && wingOf(to) === 'browser'
const told = ({ from, to }: { from: string; to: string }): string => `${from} → ${to}`

describe('the ladder', () => {
  it('has a rung for every wing, and the README names them all', () => {
    expect(files.filter(({ path }) => rungOf(path) === -1 && wingOf(path) !== 'browser').map(({ path }) => path)).toEqual([])
    const map = /```\nsrc\/\n([\s\S]*?)```/.exec(readFileSync(new URL('../README.md', import.meta.url), 'utf8'))?.[1] ?? ''
    const rooms = [...new Set(server.map(({ path }) => path.split('/')).filter((parts) => parts.length > 2).map((parts) => parts[1] ?? ''))]
    expect(rooms.length).toBeGreaterThan(10)
    expect(rooms.filter((room) => !new RegExp(`\\b${room}\\b`).test(map))).toEqual([])
  })

  it('is climbed downwards only: no file imports a higher wing or a neighbour', () => {
    expect(edges.length).toBeGreaterThan(500)
    const wrong = edges.filter(({ from, to }) => wingOf(from) !== 'browser' && wingOf(from) !== wingOf(to) && !to.startsWith('migrations/') && !isOutside(from, to) && rungOf(from) >= rungOf(to))
    expect(wrong.map(told)).toEqual([])
  })

  it('leads to migrations only from its top', () => {
    const users = edges.filter(({ to }) => to.startsWith('migrations/')).map(({ from }) => wingOf(from))
    expect([...new Set(users)].filter((wing) => !['main.ts', 'cli.ts', 'cli', 'app'].includes(wing))).toEqual([])
  })

  it('has no circles, not even of types', () => {
    const seen = new Set<string>()
    const circles: string[] = []
    const walk = (path: string, way: readonly string[]): void => {
      const turn = way.indexOf(path)
      if (turn !== -1) circles.push([...way.slice(turn), path].join(' → '))
      if (turn !== -1 || seen.has(path)) return
      for (const { target, own, augments } of byPath.get(path)?.imports ?? []) if (own && !augments) walk(target, [...way, path])
      seen.add(path)
    }
    for (const { path } of files) walk(path, [])
    expect(circles).toEqual([])
  })

  it('leads only to files that are there', () => {
    expect(edges.filter(({ to }) => to.startsWith('src/') && !byPath.has(to)).map(told)).toEqual([])
  })
})

describe('the rooms', () => {
  // A file beside the rooms of a wing is for all of them: proof.ts, needs.ts, protocol.ts.
  const ofOwnWing = (from: string, to: string): boolean => from.startsWith(`${folderOf(to)}/`) && folderOf(to) !== 'src'

  it('are entered through their index.ts', () => {
    const wrong = edges.filter(({ from, to, augments }) => to.startsWith('src/') && folderOf(from) !== folderOf(to) && folderOf(to) !== 'src'
      // A page loads each file by itself; an index would load what is not needed.
      && !isOutside(from, to)
      // Rooms declare their pages by adding to the interface of all pages.
      && !to.endsWith('/index.ts') && !ofOwnWing(from, to) && !augments)
    expect(wrong.map(told)).toEqual([])
  })

  it('have files that import each other directly, not through their own index.ts', () => {
    expect(edges.filter(({ from, to }) => to === `${folderOf(from)}/index.ts`).map(told)).toEqual([])
  })

  it('have a sign at the door, each of them', () => {
    const folders = [...new Set(server.map(({ folder }) => folder))].filter((folder) => folder !== 'src')
    expect(folders.length).toBeGreaterThan(20)
    expect(folders.filter((folder) => !(byPath.get(`${folder}/index.ts`)?.source ?? '').startsWith('/**'))).toEqual([])
  })

  it.each([
    ['a method of another one', /^src\/authentication\/methods\/([\w-]+)\//, /^src\/authentication\/methods\/([\w-]+)\//],
    ['a panel of another one', /^src\/panels\/(\w+)\//, /^src\/panels\/(\w+)\//],
    // What they share has rooms of its own: XML, and the way from a question to its answer.
    ['a protocol of another one', /^src\/protocols\/([\w-]+)\//, /^src\/protocols\/(?!xml\/|exchange\/)([\w-]+)\//],
    ['XML of the way of a question', /^src\/protocols\/(xml)\//, /^src\/protocols\/([\w-]+)\//],
  ])('know nothing of their neighbours: %s', (_title, from, to) => {
    const wrong = edges.filter((edge) => {
      const [here, there] = [from.exec(edge.from)?.[1], to.exec(edge.to)?.[1]]
      return here !== undefined && there !== undefined && here !== there
    })
    expect(wrong.map(told)).toEqual([])
  })

  it('of authentication know nothing of the journey that uses them', () => {
    const wrong = edges.filter(({ from, to }) => from.startsWith('src/authentication/') && !from.startsWith('src/authentication/signin/') && to.startsWith('src/authentication/signin/'))
    expect(wrong.map(told)).toEqual([])
    expect(edges.filter(({ from, to }) => from.startsWith('src/authentication/policy/') && /^src\/authentication\/\w+\/|^src\/(?!authentication|errors|log|equal)/.test(to) && folderOf(to) !== folderOf(from)).map(told)).toEqual([])
  })

  it('in the browser and on the server know nothing of each other', () => {
    expect(browser.length).toBeGreaterThan(5)
    expect(edges.filter(({ from, to }) => from.startsWith('src/browser/') !== to.startsWith('src/browser/') && !isOutside(from, to)).map(told)).toEqual([])
    // The agent is of the browser's side: it is given away without the server.
    expect(edges.filter(({ from, to }) => (wingOf(from) === 'agent') !== (wingOf(to) === 'agent') && !isOutside(from, to)).map(told)).toEqual([])
    // One package is served under its own name (http/assets.ts).
    expect(browser.flatMap(({ path, imports }) => imports.filter(({ own, target }) => !own && target !== 'tldts').map(({ target }) => `${path} → ${target}`))).toEqual([])
  })

  // What checks the product's messages must not repeat its mistakes.
  it('of the Entra simulator share no code with src, nor with other support', () => {
    const simulator = readSources('test/support/entra')
    expect(simulator.length).toBeGreaterThan(15)
    expect(simulator.flatMap(({ path, imports }) => imports.filter(({ own, target }) => own && !target.startsWith('test/support/entra/')).map(({ target }) => `${path} → ${target}`))).toEqual([])
  })

  // A library that only one room knows can be replaced in one room.
  it.each<[string, RegExp]>([
    ['better-sqlite3', /^src\/storage\//], ['pg', /^src\/storage\//], ['typeorm', /^src\/storage\//], ['koa', /^src\/(http\/|protocols\/oidc\/endpoints\.ts)/], ['@koa/router', /^src\/http\//], ['handlebars', /^src\/http\/views\//],
    ['pino', /^src\/http\/log\.ts/], ['prom-client', /^src\/http\/metrics\.ts/], ['oidc-provider', /^src\/protocols\/oidc\//], ['nodemailer', /^src\/messaging\//],
    ['@simplewebauthn/server', /^src\/authentication\/methods\/passkey\//], ['@node-rs/argon2', /^src\/authentication\/methods\/password\//], ['otpauth', /^src\/authentication\/methods\/totp\//],
    ['uqr', /^src\/authentication\/methods\/totp\//], ['yaml', /^src\/(config|cli)\//], ['jose', /^src\/(keys|protocols)\//], ['xml-crypto', /^src\/protocols\/xml\//],
    ['ldapts', /^src\/directory\/sync\/ldap\//], ['csv-parse', /^src\/directory\/csv\//], ['@xmldom/xmldom', /^src\/protocols\/xml\//], ['tldts', /^src\/browser\/authenticator\//], ['fflate', /^src\/downloads\//], ['qr', /^src\/agent\//],
  ])('keep %s where it belongs', (library, place) => {
    const users = files.filter(({ imports }) => imports.some(({ target }) => target === library)).map(({ path }) => path)
    expect(users.filter((path) => !place.test(path))).toEqual([])
  })

  it('use every library that package.json lists, and no other', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { dependencies: Record<string, string> }
    const used = new Set(server.flatMap(({ imports }) => imports.filter(({ own, target }) => !own && !target.startsWith('node:')).map(({ target }) => target)))
    // TypeORM loads its SQLite driver by itself; the reader of codes and the list of public suffixes are served to phones.
    expect([...used, 'better-sqlite3', 'qr', 'tldts'].filter((name, index, all) => all.indexOf(name) === index).sort()).toEqual(Object.keys(dependencies).sort())
  })
})

describe('the code', () => {
  const where = (rule: RegExp, sources: readonly SourceFile[] = files): string[] => sources.flatMap(({ path, code }) =>
    code.split('\n').flatMap((line, number) => (rule.test(line) ? [`${path}:${number + 1} ${line.trim()}`] : [])))
  const outside = (rule: RegExp, allowed: readonly string[]): string[] => where(rule, server).filter((line) => !allowed.some((path) => line.startsWith(`src/${path}`)))

  it('stays in files of at most 300 lines', () => {
    // Tests may be longer: one journey stays together.
    const all = [...files, ...readSources('test').filter(({ path }) => !path.endsWith('.test.ts')), ...readSources('config')]
    expect(all.filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path} ${lines}`)).toEqual([])
  })

  it.each<[string, RegExp]>([
    ['any', /(?:[:<|&,(]|\bas|\bextends)\s*any\b(?!\s*:)/], ['non-null assertions', /[\w)\]]!(?!=)(?=[.,;)\]\s[:]|$)/], ['enums', /^\s*(?:export\s+)?(?:const\s+)?enum\s/], ['namespaces', /^\s*(?:export\s+)?namespace\s/],
    ['decorators', /^\s*@\w/], ['parameter properties', /constructor\([^)]*\b(?:private|public|protected|readonly)\s/], ['eval', /\beval\(|new Function\(/],
  ])('knows no %s', (_title, rule) => {
    expect(where(rule)).toEqual([])
  })

  it('switches no check off in a comment', () => {
    const all = files.flatMap(({ path, source }) => (/@ts-(?:ignore|nocheck|expect-error)|(?:eslint|oxlint)-disable/.test(source) ? [path] : []))
    expect(all).toEqual([])
  })

  it('asks the clock it was given, not the machine', () => {
    // clock.ts makes the clock; on SQLite the machine's time is the database's; the log and oidc-provider have their own.
    expect(outside(/\bDate\.now\(|\bnew Date\(\)|\bDate\(\)/, ['storage/clock.ts', 'storage/sqlite.ts', 'storage/postgres.ts', 'http/log.ts', 'protocols/oidc/interaction-routes.ts'])).toEqual([])
  })

  it('reads the environment and ends the process at its top only', () => {
    expect(outside(/\bprocess\.env\b/, ['main.ts', 'cli.ts', 'cli/', 'config/', 'agent/main.ts'])).toEqual([])
    expect(outside(/\bprocess\.(?:exit|argv|exitCode)\b/, ['main.ts', 'cli.ts', 'cli/', 'agent/main.ts'])).toEqual([])
    expect(outside(/\bconsole\./, [])).toEqual([])
  })

  it('takes randomness from node:crypto where it keeps secrets', () => {
    // Spreading retries and decoys needs no secrecy.
    expect(outside(/\bMath\.random\b/, ['storage/postgres.ts', 'messaging/message.ts', 'jobs/'])).toEqual([])
  })

  it('reaches other hosts through http/outbound and its transports only', () => {
    expect(outside(/(?<![.\w])fetch\(/, ['http/outbound/'])).toEqual([])
    const network = server.filter(({ imports }) => imports.some(({ target, typesOnly }) => !typesOnly && ['node:http', 'node:https', 'node:http2', 'node:tls', 'node:dgram'].includes(target))).map(({ path }) => path)
    expect(network.filter((path) => !path.startsWith('src/http/') && !path.startsWith('src/messaging/') && path !== 'src/directory/sync/ldap/connect.ts')).toEqual([])
  })
})
