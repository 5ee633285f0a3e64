import type { Applications } from '../../applications/index.ts'
import type { OrganizationId, Transaction } from '../../storage/index.ts'

/** Every new organization starts with a tile for Microsoft 365, as a plain link (S31); administrators change or remove it. */
export async function addFirstTile(tx: Transaction, applications: Applications, organizationId: OrganizationId): Promise<void> {
  await applications.create(tx, organizationId, {
    name: 'Microsoft 365', description: '', protocol: 'link', launchUrl: 'https://www.office.com/', access: 'everyone', trusted: true, requiredAssurance: null, oidc: null,
  })
}
