import type { AuditActor } from '../../audit/index.ts'
import { Conflict } from '../../errors.ts'
import { jsonColumn, newId, type Clock, type OrganizationId, type Sealer, type Sql, type SqlValue, type Storage, type Transaction, type UserId } from '../../storage/index.ts'
import { foldText } from '../user.ts'
import type { Directory, DirectoryChanges, DirectoryOverview, NewDirectory, Removal, RunError, RunOrder } from './directory.ts'
import { parseDirectorySettings, type DirectoryKind } from './settings.ts'

interface Row {
  id: string; organization_id: OrganizationId; name: string; kind: DirectoryKind; enabled: number; settings: string; has_secret: number; cursor_at: number | null; requested: RunOrder | null
  approved_run_id: string | null; run_at: number | null; success_at: number | null; full_at: number | null; error: string | null; removal: Removal | null; created_at: number; updated_at: number
}
const select = `SELECT id, organization_id, name, kind, enabled, settings, CASE WHEN bind_secret IS NULL THEN 0 ELSE 1 END AS has_secret, cursor_at, requested, approved_run_id, run_at, success_at,
  full_at, error, removal, created_at, updated_at FROM directories`
const readSettings = jsonColumn(parseDirectorySettings)
const placeOf = (id: string) => ({ table: 'directories', column: 'bind_secret', row: id })

export type DirectoryStore = ReturnType<typeof createDirectoryStore>

/** The directories of organizations, with their secrets sealed. */
export function createDirectoryStore(needs: { storage: Storage; clock: Clock; sealer: Sealer }) {
  const { storage, clock, sealer } = needs
  const one = async (sql: Sql, where: string, values: SqlValue[]): Promise<Directory | undefined> => {
    const row = await sql.one<Row>(`${select} WHERE ${where}`, values)
    return row && toDirectory(row)
  }
  const refuseTaken = async (tx: Sql, organizationId: OrganizationId, name: string, id: string): Promise<void> => {
    if (await tx.one('SELECT id FROM directories WHERE organization_id = ? AND name_key = ? AND id <> ?', [organizationId, foldText(name), id])) throw new Conflict('name_taken')
  }

  return {
    async list(organizationId: OrganizationId, sql: Sql = storage.read): Promise<Directory[]> {
      return (await sql.all<Row>(`${select} WHERE organization_id = ? ORDER BY name_key`, [organizationId])).map(toDirectory)
    },
    find: (organizationId: OrganizationId, id: string, sql: Sql = storage.read) => one(sql, 'organization_id = ? AND id = ?', [organizationId, id]),
    findByName: (organizationId: OrganizationId, name: string, sql: Sql = storage.read) => one(sql, 'organization_id = ? AND name_key = ?', [organizationId, foldText(name)]),
    /** Of every organization, for the job. */
    async all(): Promise<Directory[]> {
      return (await storage.read.all<Row>(`${select} ORDER BY id`)).map(toDirectory)
    },

    /** @throws Conflict `name_taken` */
    async create(tx: Transaction, organizationId: OrganizationId, directory: NewDirectory): Promise<Directory> {
      const id = newId()
      const now = clock.now()
      await refuseTaken(tx, organizationId, directory.name, id)
      await tx.run(
        `INSERT INTO directories (id, organization_id, name, name_key, kind, enabled, settings, bind_secret, replan, rescope, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?)`,
        [id, organizationId, directory.name, foldText(directory.name), directory.kind, directory.enabled ? 1 : 0, JSON.stringify(directory.settings), directory.secret === null ? null : sealer.seal(directory.secret, placeOf(id)), now, now])
      return required(await one(tx, 'id = ?', [id]))
    },

    /**
     * After a change of settings everything is read and judged anew.
     * @throws Conflict `name_taken`
     */
    async update(tx: Transaction, organizationId: OrganizationId, id: string, changes: DirectoryChanges): Promise<Directory | undefined> {
      const before = await one(tx, 'organization_id = ? AND id = ? AND removal IS NULL', [organizationId, id])
      if (!before) return undefined
      const sets = ['updated_at = ?']
      const values: SqlValue[] = [clock.now()]
      const set = (text: string, ...more: SqlValue[]): void => { sets.push(text); values.push(...more) }
      if (changes.name !== undefined) {
        await refuseTaken(tx, organizationId, changes.name, id)
        set('name = ?, name_key = ?', changes.name, foldText(changes.name))
      }
      // What was only looked at while it was off is still to be applied.
      if (changes.enabled !== undefined) set('enabled = ?, replan = 1', changes.enabled ? 1 : 0)
      if (changes.settings !== undefined) set('settings = ?, cursor = NULL, cursor_at = NULL, rescope = 1, approved_run_id = NULL', JSON.stringify(changes.settings))
      if (changes.secret !== undefined) set('bind_secret = ?', changes.secret === null ? null : sealer.seal(changes.secret, placeOf(id)))
      await tx.run(`UPDATE directories SET ${sets.join(', ')} WHERE id = ?`, [...values, id])
      return one(tx, 'id = ?', [id])
    },

    /** The job takes it away, people first; see `Removal`. @returns false when it is not there, or on its way out already */
    async remove(tx: Transaction, organizationId: OrganizationId, id: string, people: Removal): Promise<boolean> {
      return (await tx.run('UPDATE directories SET removal = ?, enabled = 0, requested = NULL, updated_at = ? WHERE organization_id = ? AND id = ? AND removal IS NULL', [people, clock.now(), organizationId, id])) === 1
    },

    /** What opens the directory, for the reader alone; null where there is none. */
    async secret(id: string): Promise<string | null> {
      const sealed = (await storage.read.one<{ bind_secret: string | null }>('SELECT bind_secret FROM directories WHERE id = ?', [id]))?.bind_secret ?? null
      return sealed === null ? null : sealer.open(sealed, placeOf(id))
    },

    /** The directory that somebody comes from, and what it knows the person by; undefined for everybody else, and once the directory is being taken away. */
    async ofPerson(userId: UserId): Promise<{ readonly kind: DirectoryKind; readonly settings: Directory['settings']; readonly secret: string; readonly anchor: string } | undefined> {
      const row = await storage.read.one<{ id: string; kind: DirectoryKind; settings: string; bind_secret: string | null; anchor: string }>(
        `SELECT d.id, d.kind, d.settings, d.bind_secret, e.anchor FROM directory_entries e JOIN directories d ON d.id = e.directory_id JOIN users u ON u.id = e.user_id
         WHERE e.user_id = ? AND e.state = 'present' AND d.removal IS NULL AND u.managed_by = d.id`, [userId])
      return row && { kind: row.kind, settings: readSettings(row.settings), secret: row.bind_secret === null ? '' : sealer.open(row.bind_secret, placeOf(row.id)), anchor: row.anchor }
    },

    /** Begun within seconds, whoever reads now. @returns false when the directory is not there */
    async request(tx: Transaction, organizationId: OrganizationId, id: string, order: RunOrder, actor: AuditActor): Promise<boolean> {
      return (await tx.run('UPDATE directories SET requested = ?, requested_by = ? WHERE organization_id = ? AND id = ? AND removal IS NULL', [order, JSON.stringify(actor), organizationId, id])) === 1
    },

    async overview(organizationId: OrganizationId, id: string): Promise<DirectoryOverview> {
      const row = await storage.read.one<{ people: number; groups: number; suspended: number; conflicts: number }>(
        `SELECT coalesce(sum(CASE WHEN user_id IS NOT NULL THEN 1 ELSE 0 END), 0) AS people, coalesce(sum(CASE WHEN group_id IS NOT NULL THEN 1 ELSE 0 END), 0) AS groups,
           coalesce(sum(CASE WHEN user_id IS NOT NULL AND (suspended_because IS NOT NULL OR left_at IS NOT NULL) THEN 1 ELSE 0 END), 0) AS suspended, coalesce(sum(CASE WHEN conflict IS NOT NULL THEN 1 ELSE 0 END), 0) AS conflicts
         FROM directory_entries WHERE directory_id = (SELECT d.id FROM directories d WHERE d.organization_id = ? AND d.id = ?)`, [organizationId, id])
      return { people: Number(row?.people ?? 0), groups: Number(row?.groups ?? 0), suspended: Number(row?.suspended ?? 0), conflicts: Number(row?.conflicts ?? 0) }
    },
  }
}

function toDirectory(row: Row): Directory {
  return {
    id: row.id, organizationId: row.organization_id, name: row.name, kind: row.kind, enabled: row.enabled === 1, settings: readSettings(row.settings), hasSecret: row.has_secret === 1, cursorAt: row.cursor_at,
    requested: row.requested, approvedRunId: row.approved_run_id, runAt: row.run_at, successAt: row.success_at, fullAt: row.full_at, error: row.error === null ? null : JSON.parse(row.error) as RunError, removal: row.removal, createdAt: row.created_at, updatedAt: row.updated_at,
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a row that was just written is not there')
  return value
}
