import type { Clock, OrganizationId, Storage, Transaction, UserId } from '../storage/index.ts'

/** Whether people are asked to add their key at Microsoft themselves (S110). */
export type SetUpRequirement = 'required' | 'not_needed' | 'done'
export const setUpRequirements: readonly SetUpRequirement[] = ['required', 'not_needed', 'done']

export interface PeopleGuide {
  readonly requirement: SetUpRequirement
  /** What administrators wrote instead of our steps, by language; Microsoft's pages change, and theirs is the newest word (S112). */
  readonly texts: Readonly<Record<string, string>>
}

/** What a person sees of it. */
export interface PersonSetUp { readonly state: 'done' | 'done_by_admin' | 'open' | 'not_needed'; readonly doneAt: number | null; readonly identified: boolean }

export const longestGuideText = 10_000

/** The guide for people, and who has done it (S109). */
export function createPeopleGuide(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  const find = async (organizationId: OrganizationId): Promise<PeopleGuide> => {
    const row = await storage.read.one<{ requirement: SetUpRequirement; texts: string }>('SELECT requirement, texts FROM entra_guides WHERE organization_id = ?', [organizationId])
    return row ? { requirement: row.requirement, texts: JSON.parse(row.texts) as Record<string, string> } : { requirement: 'not_needed', texts: {} }
  }

  return {
    find,

    async save(tx: Transaction, organizationId: OrganizationId, guide: PeopleGuide): Promise<void> {
      const texts = Object.fromEntries(Object.entries(guide.texts).filter(([, text]) => text.trim() !== ''))
      await tx.run(
        `INSERT INTO entra_guides (organization_id, requirement, texts, updated_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (organization_id) DO UPDATE SET requirement = excluded.requirement, texts = excluded.texts, updated_at = excluded.updated_at`,
        [organizationId, guide.requirement, JSON.stringify(texts), clock.now()])
    },

    /** One statement: My Apps asks it on every visit. */
    async setUpOf(organizationId: OrganizationId, userId: UserId): Promise<PersonSetUp> {
      const row = await storage.read.one<{ done_by: string | null; done_at: number | null; requirement: SetUpRequirement | null; upn: string | null }>(
        `SELECT s.done_by, s.done_at, g.requirement, i.upn FROM users u LEFT JOIN entra_set_ups s ON s.user_id = u.id LEFT JOIN entra_guides g ON g.organization_id = u.organization_id
         LEFT JOIN entra_identities i ON i.user_id = u.id WHERE u.id = ? AND u.organization_id = ?`, [userId, organizationId])
      const identified = row?.upn != null
      if (row?.done_by != null) return { state: row.done_by === 'admin' ? 'done_by_admin' : 'done', doneAt: row.done_at, identified }
      return { state: row?.requirement === 'required' ? 'open' : row?.requirement === 'done' ? 'done_by_admin' : 'not_needed', doneAt: null, identified }
    },

    /** @param by null takes the mark away. @returns whether the person is of this organization */
    async mark(tx: Transaction, organizationId: OrganizationId, userId: UserId, by: 'admin' | 'self' | null): Promise<boolean> {
      if (!(await tx.one(`SELECT id FROM users WHERE id = ? AND organization_id = ? AND status <> 'deleted'`, [userId, organizationId]))) return false
      await tx.run('DELETE FROM entra_set_ups WHERE user_id = ?', [userId])
      if (by !== null) await tx.run('INSERT INTO entra_set_ups (user_id, organization_id, done_by, done_at) VALUES (?, ?, ?, ?)', [userId, organizationId, by, clock.now()])
      return true
    },
  }
}
