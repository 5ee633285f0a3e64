import type { Clock, OrganizationId, Sql, Storage } from '../storage/index.ts'

export const longestOrganizationText = 2_000

export type OrganizationTexts = ReturnType<typeof createOrganizationTexts>

/** Texts that an organization puts in place of ours, by a name that the page knows. */
export function createOrganizationTexts(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    async all(organizationId: OrganizationId): Promise<ReadonlyMap<string, string>> {
      return new Map((await storage.read.all<{ name: string; content: string }>('SELECT name, content FROM organization_texts WHERE organization_id = ?', [organizationId])).map(({ name, content }) => [name, content]))
    },

    /** An empty text gives the place back to ours. */
    async set(tx: Sql, organizationId: OrganizationId, name: string, content: string): Promise<void> {
      if (content === '') await tx.run('DELETE FROM organization_texts WHERE organization_id = ? AND name = ?', [organizationId, name])
      else {
        await tx.run('INSERT INTO organization_texts (organization_id, name, content, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT (organization_id, name) DO UPDATE SET content = excluded.content, changed_at = excluded.changed_at',
          [organizationId, name, content, clock.now()])
      }
    },
  }
}
