import { OperatorError } from '../../errors.ts'
import { normaliseEmail } from '../../messaging/index.ts'
import type { ApplicationId } from '../../storage/index.ts'
import type { ApplicationEntry } from './document.ts'
import type { ApplyNeeds, Pass } from './step.ts'

export function accessOf({ access }: ApplicationEntry): 'everyone' | 'assigned' | undefined {
  return access === undefined || access === 'everyone' ? access : 'assigned'
}

/** At least these people and groups. */
export async function reconcileAccess(needs: ApplyNeeds, { tx, organization, note }: Pass, { name, access }: ApplicationEntry, id: ApplicationId): Promise<void> {
  if (access === undefined || access === 'everyone') return
  const assigned = await needs.access.assignments(organization.id, id, tx)
  const assign = async (principal: { kind: 'user' | 'group'; id: string; name: string }): Promise<void> => {
    if (assigned.some((one) => one.kind === principal.kind && one.id === principal.id)) return
    assigned.push(principal)
    await needs.access.assign(tx, organization.id, id, principal)
    await note({ verb: 'add', kind: 'application', name, action: 'application.assigned', details: `for ${principal.kind} ${principal.name}`, id })
  }
  for (const groupName of access.groups ?? []) {
    const group = await needs.groups.findByName(organization.id, groupName, tx)
    if (!group) throw new OperatorError(`the application ${name} is for the group ${groupName}, which ${organization.name} does not have; add it under groups`)
    await assign({ kind: 'group', id: group.id, name: group.name })
  }
  for (const email of access.users ?? []) {
    const user = await needs.users.findByEmailKey(normaliseEmail(email)?.key ?? '', tx)
    if (!user || user.organizationId !== organization.id) throw new OperatorError(`the application ${name} is for ${email}, who is not in ${organization.name}; add the person under users`)
    await assign({ kind: 'user', id: user.id, name: user.email })
  }
}
