import type { WsFedNeeds } from './needs.ts'
import { ofApplication, ofDomain, type Realm, type RealmReference } from './realm.ts'

export type Realms = ReturnType<typeof createRealms>

/** Finds relying parties; one that is switched off is none (SEC-27). */
export function createRealms(needs: Pick<WsFedNeeds, 'applications' | 'domains' | 'publicUrl'>) {
  const byName = async (name: string): Promise<Realm | undefined> => {
    const application = await needs.applications.findByRealm('wsfed', name)
    return application && ofApplication(application, needs.publicUrl)
  }
  const byKey = async (key: string): Promise<Realm | undefined> => {
    const domain = await needs.domains.findByKey(key)
    return domain && ofDomain(domain)
  }
  return { byName, byKey, byReference: (reference: RealmReference) => ('realm' in reference ? byName(reference.realm) : byKey(reference.domainKey)) }
}
