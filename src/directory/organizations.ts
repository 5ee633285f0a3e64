import { jsonColumn, newId, type Clock, type OrganizationId, type Sql, type Storage, type Transaction } from '../storage/index.ts'
import { defaultSettings, parseSettings, slugOf, type Organization, type OrganizationKind, type OrganizationSettings } from './organization.ts'

interface Row {
  id: OrganizationId; kind: OrganizationKind; name: string; slug: string; hue: number | null; logo_type: string | null; default_locale: string | null
  plan: string; settings: string; created_at: number; updated_at: number
}

const columns = 'id, kind, name, slug, hue, logo_type, default_locale, plan, settings, created_at, updated_at'

const readSettings = jsonColumn(parseSettings)

export interface OrganizationChanges {
  readonly name?: string
  readonly hue?: number | null
  readonly defaultLocale?: string | null
  readonly settings?: OrganizationSettings
  readonly logo?: { readonly bytes: Buffer; readonly type: string } | null
}

export type Organizations = ReturnType<typeof createOrganizations>

export function createOrganizations(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  const one = async (sql: Sql, where: string, value: string): Promise<Organization | undefined> => {
    const row = await sql.one<Row>(`SELECT ${columns} FROM organizations WHERE ${where} = ?`, [value])
    return row && toOrganization(row)
  }

  return {
    find: (id: OrganizationId, sql: Sql = storage.read) => one(sql, 'id', id),
    findBySlug: (slug: string, sql: Sql = storage.read) => one(sql, 'slug', slug),

    async list(sql: Sql = storage.read): Promise<Organization[]> {
      return (await sql.all<Row>(`SELECT ${columns} FROM organizations ORDER BY created_at, id`)).map(toOrganization)
    },

    async create(tx: Transaction, organization: { name: string; kind: OrganizationKind; id?: OrganizationId; slug?: string; defaultLocale?: string | null }): Promise<Organization> {
      const now = clock.now()
      const id = organization.id ?? newId<OrganizationId>()
      const wanted = organization.slug ?? slugOf(organization.name)
      const taken = await tx.one('SELECT id FROM organizations WHERE slug = ?', [wanted])
      const row: Row = {
        id, kind: organization.kind, name: organization.name, slug: taken ? `${wanted}-${id.slice(0, 5).toLowerCase()}` : wanted, hue: null, logo_type: null,
        default_locale: organization.defaultLocale ?? null, plan: 'Basic', settings: JSON.stringify(defaultSettings), created_at: now, updated_at: now,
      }
      await tx.run(`INSERT INTO organizations (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [row.id, row.kind, row.name, row.slug, row.hue, row.logo_type, row.default_locale, row.plan, row.settings, now, now])
      return toOrganization(row)
    },

    /** People who sign up for themselves live together in one organization that nobody administers. */
    async personal(tx: Transaction): Promise<Organization> {
      const row = await tx.one<Row>(`SELECT ${columns} FROM organizations WHERE kind = 'personal'`)
      return row ? toOrganization(row) : this.create(tx, { name: 'Personal', kind: 'personal', slug: 'personal' })
    },

    async update(tx: Transaction, id: OrganizationId, changes: OrganizationChanges): Promise<void> {
      const before = await one(tx, 'id', id)
      if (!before) return
      await tx.run('UPDATE organizations SET name = ?, hue = ?, default_locale = ?, settings = ?, updated_at = ? WHERE id = ?', [
        changes.name ?? before.name, changes.hue === undefined ? before.hue : changes.hue,
        changes.defaultLocale === undefined ? before.defaultLocale : changes.defaultLocale,
        JSON.stringify(changes.settings ?? before.settings), Math.max(clock.now(), before.updatedAt + 1), id,
      ])
      if (changes.logo !== undefined) {
        await tx.run('UPDATE organizations SET logo = ?, logo_type = ? WHERE id = ?', [changes.logo?.bytes.toString('base64') ?? null, changes.logo?.type ?? null, id])
      }
    },

    async logo(slug: string): Promise<{ bytes: Buffer; type: string } | undefined> {
      const row = await storage.read.one<{ logo: string | null; logo_type: string | null }>('SELECT logo, logo_type FROM organizations WHERE slug = ?', [slug])
      return row?.logo && row.logo_type ? { bytes: Buffer.from(row.logo, 'base64'), type: row.logo_type } : undefined
    },
  }
}

function toOrganization(row: Row): Organization {
  return {
    id: row.id, kind: row.kind, name: row.name, slug: row.slug, hue: row.hue, hasLogo: row.logo_type !== null, defaultLocale: row.default_locale,
    plan: row.plan, settings: readSettings(row.settings), createdAt: row.created_at, updatedAt: row.updated_at,
  }
}
