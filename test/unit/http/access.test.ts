import { describe, expect, it } from 'vitest'
import { roleMay, type Permission, type Role } from '../../../src/http/index.ts'

const permissions: readonly Permission[] = [
  'panel.open', 'users.read', 'users.invite', 'users.write', 'users.reset', 'users.delete', 'users.grant', 'groups.read', 'groups.write', 'applications.read', 'applications.write', 'audit.read', 'audit.export', 'settings.read', 'settings.write',
]

describe('what a role may', () => {
  it.each<[Role, readonly Permission[]]>([
    ['user', []], ['helpdesk', ['panel.open', 'users.read', 'users.invite', 'users.reset', 'groups.read', 'applications.read', 'audit.read']], ['administrator', permissions], ['owner', permissions],
  ])('SEC-69 %s', (role, allowed) => {
    expect(permissions.filter((permission) => roleMay(role, permission))).toEqual(allowed)
  })

  it('SEC-69 grows from role to role', () => {
    const roles: readonly Role[] = ['user', 'helpdesk', 'administrator', 'owner']
    for (const [index, role] of roles.entries()) for (const permission of permissions) {
      if (roleMay(role, permission)) for (const higher of roles.slice(index)) expect(roleMay(higher, permission), `${higher} ${permission}`).toBe(true)
    }
  })

  it('SEC-69 is nothing for what is no permission', () => {
    for (const name of ['', 'toString', '__proto__', 'users', 'users.*']) expect(roleMay('owner', name as Permission)).toBe(false)
  })
})
