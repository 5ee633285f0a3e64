import type { User } from '../../directory/index.ts'
import { OperatorError } from '../../errors.ts'
import { normaliseEmail } from '../../messaging/index.ts'
import type { UserEntry } from './document.ts'
import { differences, type ApplyNeeds, type Pass } from './step.ts'

/** One person: account, names, role, and at least these groups. */
export async function reconcileUser(needs: ApplyNeeds, pass: Pass, entry: UserEntry): Promise<void> {
  const { tx, organization } = pass
  const address = normaliseEmail(entry.email)
  if (!address) throw new OperatorError(`${entry.email} is not an email address`)
  const found = await needs.users.findByEmailKey(address.key, tx)
  if (found && found.organizationId !== organization.id) throw new OperatorError(`${address.email} belongs to another organization than ${organization.name}`)
  const user = found ?? (await createUser(needs, pass, entry, address))
  if (found) await updateUser(needs, pass, entry, found)

  const current = await needs.groups.ofUser(organization.id, user.id, tx)
  for (const name of entry.groups ?? []) {
    const group = await needs.groups.findByName(organization.id, name, tx)
    if (!group) throw new OperatorError(`${address.email} should be in the group ${name}, which ${organization.name} does not have; add it under groups`)
    if (current.some(({ id }) => id === group.id)) continue
    current.push(group)
    await needs.groups.addMember(tx, organization.id, group.id, user.id)
    await pass.note({ verb: 'add', kind: 'user', name: user.email, action: 'group.member_added', details: `to group ${group.name}`, id: user.id })
  }
}

async function createUser(needs: ApplyNeeds, { tx, organization, note }: Pass, entry: UserEntry, email: { email: string; key: string }): Promise<User> {
  const user = await needs.users.create(tx, {
    organizationId: organization.id, email, givenName: entry.givenName ?? '', familyName: entry.familyName ?? '', role: entry.role ?? 'user', status: 'new', emailVerified: false,
  })
  if (entry.invite) await needs.invite(tx, organization, user)
  await note({
    verb: 'create', kind: 'user', name: user.email, action: entry.invite ? 'user.invited' : 'user.created', details: [`role ${user.role}`, ...(entry.invite ? ['invited'] : [])].join(', '), id: user.id,
  })
  return user
}

async function updateUser({ users }: ApplyNeeds, { tx, organization, note }: Pass, entry: UserEntry, user: User): Promise<void> {
  const { givenName, familyName, role } = entry
  const { changes, text } = differences({ givenName: user.givenName, familyName: user.familyName, role: user.role }, { givenName, familyName, role })
  if (text === '') return
  if (changes.role !== undefined && user.role === 'owner' && user.status === 'active' && (await users.owners(tx, organization.id)) === 1) {
    throw new OperatorError(`${user.email} is the last owner of ${organization.name}; name another owner, who has come in, first`)
  }
  await users.update(tx, organization.id, user.id, changes)
  await note({ verb: 'change', kind: 'user', name: user.email, action: changes.role === undefined ? 'user.changed' : 'user.role_changed', details: text, id: user.id })
}
