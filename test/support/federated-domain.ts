import type { DomainSettings, FederatedDomain, FederationProtocol } from '../../src/microsoft365/index.ts'
import type { TestApp } from './app.ts'

export const loginHost = 'https://login.microsoftonline.com'

/** A domain that is federated with us, as after the set-up. */
export async function federate(app: TestApp, order: { domain: string; protocol: FederationProtocol; settings?: Partial<DomainSettings>; organizationId?: FederatedDomain['organizationId'] }): Promise<FederatedDomain> {
  const { storage, domains } = app.foundation
  const organizationId = order.organizationId ?? app.organization.id
  return storage.write(async (tx) => {
    const { id } = await domains.create(tx, organizationId, { domain: order.domain, protocol: order.protocol, settings: order.settings ?? {} })
    const domain = await domains.update(tx, organizationId, id, { enabled: true })
    if (!domain) throw new Error('the domain is not there')
    return domain
  })
}
