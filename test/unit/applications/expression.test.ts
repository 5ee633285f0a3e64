import { describe, expect, it } from 'vitest'
import { evaluate, readExpression, type AttributeFacts } from '../../../src/applications/index.ts'

const grace: AttributeFacts = {
  user_id: 'u1', email: 'Grace.Hopper@Navy.example', given_name: 'Grace', family_name: 'Hopper', name: 'Grace Hopper', phone: null, locale: null,
  groups: ['app-admins', 'app-users', 'staff'], upn: null, immutable_id: null,
}

function valuesOf(text: string, facts = grace): readonly string[] | string {
  const expression = readExpression(text)
  return 'problem' in expression ? `problem: ${expression.problem}` : evaluate(expression, facts)
}

describe('an attribute expression', () => {
  it.each<[string, readonly string[]]>([
    ['email', ['Grace.Hopper@Navy.example']], ['groups', ['app-admins', 'app-users', 'staff']], ['phone', []], ['"fixed"', ['fixed']], ['""', []], ['  given_name  ', ['Grace']],
    ['lower(email)', ['grace.hopper@navy.example']], ['upper(given_name)', ['GRACE']], ['before_at(email)', ['Grace.Hopper']], ['after_at(email)', ['Navy.example']], ['before_at(given_name)', ['Grace']], ['after_at(given_name)', []],
    ['join(given_name, " ", family_name)', ['Grace Hopper']], ['join(family_name,", ",given_name)', ['Hopper, Grace']], ['join(phone, " ")', []], ['trim("  x ")', ['x']], ['lower(before_at(email))', ['grace.hopper']],
    ['first_of(phone, upn, email)', ['Grace.Hopper@Navy.example']], ['first_of(phone, upn)', []], ['starting_with(groups, "app-")', ['app-admins', 'app-users']], ['without_prefix(starting_with(groups, "app-"), "app-")', ['admins', 'users']],
    ['starting_with(groups, phone)', ['app-admins', 'app-users', 'staff']], ['upper(groups)', ['APP-ADMINS', 'APP-USERS', 'STAFF']],
  ])('%s', (text, values) => {
    expect(valuesOf(text)).toEqual(values)
  })

  it.each([
    '', 'password', 'email email', 'lower', 'lower(', 'lower()', 'lower(email', 'lower(email))', 'lower(email, name)', 'join(email)', 'lower(email;)', '"open', 'constructor', '__proto__', 'toString(email)', 'lower(lower(lower(lower(lower(lower(email))))))', 'eval("1")',
    `join(${Array.from({ length: 9 }, () => 'email').join(',')})`, `"${'x'.repeat(300)}"`, 'email.length', '${email}',
  ])('is none that reads %j', (text) => {
    expect(readExpression(text)).toHaveProperty('problem')
  })
})
