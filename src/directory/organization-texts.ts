import type { Clock, OrganizationId, Sql, Storage } from '../storage/index.ts'

export const longestOrganizationText = 2_000

/** By name and language, as `start.app de`. */
export type OrganizationTextMap = ReadonlyMap<string, string>
export type OrganizationTexts = ReturnType<typeof createOrganizationTexts>

/** Texts that an organization puts in place of ours, by a name that the page knows, each language by itself. */
export function createOrganizationTexts(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    async all(organizationId: OrganizationId, sql: Sql = storage.read): Promise<OrganizationTextMap> {
      return new Map((await sql.all<{ name: string; content: string }>('SELECT name, content FROM organization_texts WHERE organization_id = ?', [organizationId])).map(({ name, content }) => [name, content]))
    },

    /** An empty text gives the place back to ours. */
    async set(tx: Sql, organizationId: OrganizationId, name: string, locale: string, content: string): Promise<void> {
      const key = keyOf(name, locale)
      if (content.trim() === '') await tx.run('DELETE FROM organization_texts WHERE organization_id = ? AND name = ?', [organizationId, key])
      else {
        await tx.run('INSERT INTO organization_texts (organization_id, name, content, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT (organization_id, name) DO UPDATE SET content = excluded.content, changed_at = excluded.changed_at',
          [organizationId, key, content, clock.now()])
      }
    },
  }
}

export function organizationText(texts: OrganizationTextMap, name: string, locale: string): string {
  return texts.get(keyOf(name, locale)) ?? ''
}

/** The same as people read it; none where our own words stand. */
export function organizationParagraphs(texts: OrganizationTextMap, name: string, locale: string): string[] {
  return paragraphsOf(organizationText(texts, name, locale))
}

/** An empty line begins a paragraph. */
export function paragraphsOf(text: string): string[] {
  return text.split(/\n\s*\n/).map((paragraph) => paragraph.trim()).filter((paragraph) => paragraph !== '')
}

function keyOf(name: string, locale: string): string {
  return `${name} ${locale}`
}
