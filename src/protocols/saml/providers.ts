import type { SamlNeeds } from './needs.ts'
import { ofApplication, ofDomain, type ProviderReference, type ServiceProvider } from './service-provider.ts'

export type Providers = ReturnType<typeof createProviders>

/** Finds service providers; one that is switched off is none (SEC-27). */
export function createProviders(needs: Pick<SamlNeeds, 'applications' | 'domains' | 'publicUrl'>) {
  const byEntityId = async (entityId: string): Promise<ServiceProvider | undefined> => {
    const application = await needs.applications.findByRealm('saml', entityId)
    return application && ofApplication(application, needs.publicUrl)
  }
  const byKey = async (key: string): Promise<ServiceProvider | undefined> => {
    const domain = await needs.domains.findByKey(key)
    return domain && ofDomain(domain)
  }
  return {
    byEntityId,
    byKey,
    byReference: (reference: ProviderReference) => ('entityId' in reference ? byEntityId(reference.entityId) : byKey(reference.domainKey)),
    async byApplication(id: string): Promise<ServiceProvider | undefined> {
      const application = await needs.applications.byId(id)
      return application && ofApplication(application, needs.publicUrl)
    },
  }
}
