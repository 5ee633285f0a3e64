import { createAudit } from '../../../src/audit/index.ts'
import { createOrganizations, createUsers, type Organization, type User, type UserRole, type UserStatus } from '../../../src/directory/index.ts'
import { createDirectories, directoryDefaults, parseDirectorySettings, type ConflictCode, type Directory, type DirectoryRun, type DirectorySettings, type EngineNeeds, type PlanItem, type RunOrder } from '../../../src/directory/sync/index.ts'
import { createLog } from '../../../src/http/index.ts'
import { createJobs } from '../../../src/jobs/index.ts'
import { normaliseEmail } from '../../../src/messaging/index.ts'
import type { UserId } from '../../../src/storage/index.ts'
import type { TestStorage } from '../storage.ts'
import { ScriptedDirectory } from './scripted-directory.ts'

export const operator = { kind: 'cli', id: null, name: 'test' } as const

export interface TestSync {
  readonly organization: Organization
  readonly script: ScriptedDirectory
  readonly directories: ReturnType<typeof createDirectories>
  /** As it is now. */
  directory(): Promise<Directory>
  run(order?: RunOrder): Promise<DirectoryRun>
  settle(): Promise<void>
  items(run: DirectoryRun): Promise<PlanItem[]>
  user(email: string): Promise<User | undefined>
  addUser(email: string, more?: { status?: UserStatus; role?: UserRole; organization?: Organization; managedBy?: string }): Promise<User>
  addOrganization(name: string): Promise<Organization>
  groups(): Promise<Record<string, string[]>>
  actions(): Promise<string[]>
  /** What other rooms were asked for. */
  readonly asked: { readonly ended: UserId[]; readonly announced: UserId[][]; readonly removed: UserId[]; readonly revoked: UserId[]; readonly invited: UserId[]; readonly alerts: string[]; readonly upns: Map<string, string> }
}

let count = 0

/** The engine on a database of a test, with a scripted directory and with the other rooms as lists of what they were asked for. */
export async function startSync(test: TestStorage, settings: Partial<DirectorySettings> & { readonly enabled?: boolean } = {}, changes: Partial<EngineNeeds> = {}): Promise<TestSync> {
  const { storage, clock, sealer } = test
  const log = createLog('error', { write: () => undefined })
  const organizations = createOrganizations({ storage, clock })
  const users = createUsers({ storage, clock, sealer })
  const audit = createAudit({ storage, clock, sealer, log })
  // Addresses are unique in an installation: whoever was here before, for another test, is gone.
  await storage.write(async (tx) => { for (const table of ['directories', 'users', 'groups']) await tx.run(`DELETE FROM ${table}`) })
  const organization = await storage.write((tx) => organizations.create(tx, { name: `Engines ${++count}`, kind: 'business' }))
  const script = new ScriptedDirectory()
  const asked: TestSync['asked'] = { ended: [], announced: [], removed: [], revoked: [], invited: [], alerts: [], upns: new Map() }
  const directories = createDirectories({
    storage, clock, sealer, log, openSource: () => script.source(),
    hold: (name, work) => createJobs({ storage, clock, log, tasks: [{ name, everySeconds: 1, run: (signal, lease) => work(signal, lease) }] }).runNow(name),
    record: (tx, entries) => audit.recordAll(tx, entries),
    endAccess: (_tx, ids) => {
      asked.ended.push(...ids)
      return Promise.resolve({ sessions: new Map(), announce: () => { asked.announced.push([...ids]); return Promise.resolve() } })
    },
    async removePerson(tx, organizationId, id) {
      await users.remove(tx, organizationId, id)
      asked.removed.push(id)
      return () => Promise.resolve()
    },
    belongings: () => Promise.resolve(new Map()),
    identityConflicts: (_sql, _organization, people) => Promise.resolve(new Map(people.filter(({ upn, userId }) => (asked.upns.get(upn) ?? userId) !== userId).map(({ key }): [string, ConflictCode] => [key, 'upn_taken']))),
    giveIdentity: (_tx, _organization, { upn, userId }) => { asked.upns.set(upn, userId); return Promise.resolve(null) },
    revokeMicrosoft: (_organization, ids) => { asked.revoked.push(...ids); return Promise.resolve(ids) },
    invite: (_tx, _organization, id) => { asked.invited.push(id); return Promise.resolve() },
    alert: {
      raise: (_tx, _organization, { kind }) => { asked.alerts.push(kind); return Promise.resolve() },
      resolve: (_tx, _organization, kind) => { asked.alerts.push(`over: ${kind}`); return Promise.resolve() },
    },
    ...changes,
  })
  const { enabled = true, ...more } = settings
  const made = await storage.write((tx) => directories.create(tx, organization.id, { name: 'Headquarters', kind: 'openldap', enabled, secret: 'secret', settings: settingsOf(more) }))

  const directory = async (): Promise<Directory> => {
    const found = await directories.find(organization.id, made.id)
    if (!found) throw new Error('the directory of this test is not there')
    return found
  }
  return {
    organization, script, directories, directory, asked,
    async run(order = 'full') {
      clock.advance(1_000)
      const run = await directories.sync(await directory(), { order, actor: operator })
      if (!run) throw new Error('somebody else runs it')
      return run
    },
    settle: () => directories.stop(),
    async items(run) {
      const items: PlanItem[] = []
      for await (const item of directories.exportPlan(organization.id, run.id)) items.push(item)
      return items
    },
    user: (email) => users.findByEmailKey(normaliseEmail(email)?.key ?? ''),
    addUser: async (email, more_ = {}) => storage.write(async (tx) => {
      const address = normaliseEmail(email)
      if (!address) throw new Error(`${email} is no address`)
      const user = await users.create(tx, { organizationId: (more_.organization ?? organization).id, email: address, givenName: 'Old', familyName: 'Hand', role: more_.role ?? 'user', status: more_.status ?? 'active', emailVerified: true })
      if (more_.managedBy !== undefined) await tx.run('UPDATE users SET managed_by = ? WHERE id = ?', [more_.managedBy, user.id])
      return user
    }),
    addOrganization: (name) => storage.write((tx) => organizations.create(tx, { name, kind: 'business' })),
    async groups() {
      const rows = await storage.read.all<{ name: string; email: string | null }>('SELECT g.name, u.email FROM groups g LEFT JOIN group_members m ON m.group_id = g.id LEFT JOIN users u ON u.id = m.user_id WHERE g.organization_id = ? ORDER BY g.name, u.email', [organization.id])
      const groups: Record<string, string[]> = {}
      for (const { name, email } of rows) (groups[name] ??= []).push(...(email === null ? [] : [email]))
      return groups
    },
    async actions() {
      return (await storage.read.all<{ action: string }>('SELECT action FROM audit_events WHERE organization_id = ? ORDER BY occurred_at, action', [organization.id])).map(({ action }) => action)
    },
  }
}

export function settingsOf(changes: Partial<DirectorySettings> = {}): DirectorySettings {
  return parseDirectorySettings({ servers: [{ url: 'ldaps://directory.example' }], base: 'dc=example', ...directoryDefaults.openldap, ...changes })
}
