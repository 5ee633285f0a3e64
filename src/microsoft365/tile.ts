import type { Applications } from '../applications/index.ts'
import type { ApplicationId, OrganizationId, Transaction } from '../storage/index.ts'

/** Where the first tile of an organization leads, and any tile as long as nothing is federated. */
export const plainAddress = 'https://www.office.com/'

/** The home-realm link: Entra sends the browser straight to us. */
export function homeRealmAddress(loginHost: string, domain: string): string {
  return `${loginHost}/?whr=${encodeURIComponent(domain)}`
}

/**
 * The one application of an organization that stands for Microsoft 365: it carries the tile, who may use it, and the assurance
 * that is asked for. The plain link that every organization begins with becomes it, with its picture and its place.
 */
export async function tileOf(tx: Transaction, applications: Applications, organizationId: OrganizationId): Promise<ApplicationId> {
  const all = await applications.list(organizationId, tx)
  const own = all.find(({ protocol }) => protocol === 'microsoft365')
  if (own) return own.id
  const link = all.find(({ protocol, launchUrl }) => protocol === 'link' && launchUrl === plainAddress)
  if (link && (await applications.takeOverLink(tx, organizationId, link.id, 'microsoft365'))) return link.id
  const name = all.some((application) => application.name.toLowerCase() === 'microsoft 365') ? 'Microsoft 365 (Entra)' : 'Microsoft 365'
  return applications.create(tx, organizationId, { name, description: '', protocol: 'microsoft365', launchUrl: plainAddress, access: 'everyone', trusted: true, requiredAssurance: null })
}

/** Follows what is federated: the tile signs in where it can, and is a plain link again when nothing is. */
export async function pointTile(tx: Transaction, applications: Applications, organizationId: OrganizationId, applicationId: ApplicationId, federated: { loginHost: string; domain: string } | undefined): Promise<void> {
  await applications.update(tx, organizationId, applicationId, { launchUrl: federated ? homeRealmAddress(federated.loginHost, federated.domain) : plainAddress })
}
