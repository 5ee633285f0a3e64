import type { OrganizationTexts, Users } from '../../directory/index.ts'
import type { Passkeys } from '../../authentication/methods/passkey/index.ts'
import type { Microsoft365 } from '../../microsoft365/index.ts'
import type { Phones } from '../../phones/index.ts'
import type { Storage } from '../../storage/index.ts'

export interface GuidanceNeeds {
  readonly publicUrl: string
  readonly storage: Storage
  readonly users: Pick<Users, 'findById'>
  readonly passkeys: Pick<Passkeys, 'count'>
  readonly phones: Pick<Phones, 'store' | 'activations'>
  readonly texts: Pick<OrganizationTexts, 'all'>
  readonly peopleGuide: Pick<Microsoft365['peopleGuide'], 'setUpOf'>
}
