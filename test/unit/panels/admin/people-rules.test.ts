import { describe, expect, it } from 'vitest'
import type { User, UserRole } from '../../../../src/directory/index.ts'
import { grantableRoles, invitationFor, refusalOf, type PersonAct } from '../../../../src/panels/admin/people-rules.ts'

const id = (name: string): User['id'] => name as User['id']
const grace = (change: Partial<User> = {}) => ({ id: id('grace'), role: 'user' as const, status: 'active' as const, managedBy: null, passkeys: 1, lastSignInAt: 1, ...change })
const actor = (role: UserRole) => ({ id: id('ada'), role })
const acts: readonly PersonAct[] = ['edit', 'suspend', 'reset', 'delete', 'keys', 'sessions', 'groups']

describe('who may do what to whom', () => {
  const rows: readonly [UserRole, UserRole, readonly PersonAct[]][] = [
    ['user', 'user', []],
    ['helpdesk', 'user', ['reset', 'keys', 'sessions']], ['helpdesk', 'helpdesk', []], ['helpdesk', 'administrator', []], ['helpdesk', 'owner', []],
    ['administrator', 'user', acts], ['administrator', 'helpdesk', acts], ['administrator', 'administrator', acts], ['administrator', 'owner', []],
    ['owner', 'user', acts], ['owner', 'helpdesk', acts], ['owner', 'administrator', acts], ['owner', 'owner', acts],
  ]
  it.each(rows)('SEC-69 %s on %s', (role, target, allowed) => {
    expect(acts.filter((act) => refusalOf(actor(role), grace({ role: target }), act) === null)).toEqual(allowed)
  })

  it('SEC-69 lets nobody suspend, reset, delete or lock out themselves', () => {
    const self = grace({ id: id('ada'), role: 'owner' })
    expect(acts.filter((act) => refusalOf(actor('owner'), self, act) === null)).toEqual(['edit', 'groups'])
  })

  it('says what an act does not fit', () => {
    const owner = actor('owner')
    expect(refusalOf(owner, grace({ status: 'suspended' }), 'suspend')).toBe('status')
    expect(refusalOf(owner, grace({ status: 'suspended' }), 'resume')).toBeNull()
    expect(refusalOf(owner, grace(), 'resume')).toBe('status')
    expect(refusalOf(owner, grace({ status: 'new', passkeys: 0, lastSignInAt: null }), 'reset')).toBe('status')
    expect(refusalOf(owner, grace({ status: 'suspended', passkeys: 0, lastSignInAt: null }), 'reset')).toBe('status')
    expect(refusalOf(owner, grace({ status: 'suspended' }), 'reset')).toBeNull()
    expect(refusalOf(owner, grace({ managedBy: 'ldap' }), 'delete')).toBe('managed')
    expect(refusalOf(owner, grace({ managedBy: 'ldap' }), 'suspend')).toBeNull()
  })
})

describe('which link brings a person in', () => {
  it.each([['new', 0, 'invitation'], ['pending', 0, 'invitation'], ['active', 0, 'reset'], ['active', 1, null], ['suspended', 0, null]] as const)('%s with %i keys: %s', (status, passkeys, purpose) => {
    expect(invitationFor({ status, passkeys })).toBe(purpose)
  })
})

describe('which roles can be given', () => {
  it.each([
    ['helpdesk', 'user', ['user']], ['administrator', 'user', ['user', 'helpdesk', 'administrator']], ['administrator', 'owner', ['owner']],
    ['owner', 'user', ['user', 'helpdesk', 'administrator', 'owner']], ['owner', 'owner', ['user', 'helpdesk', 'administrator', 'owner']],
  ] as const)('SEC-69 %s to somebody who is %s: %j', (role, from, roles) => {
    expect(grantableRoles(role, from)).toEqual(roles)
  })
})
