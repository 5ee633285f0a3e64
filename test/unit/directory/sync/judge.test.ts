import { describe, expect, it } from 'vitest'
import { dueOrder, isStale } from '../../../../src/directory/sync/due.ts'
import { guardReasons, type GuardFacts } from '../../../../src/directory/sync/guard.ts'
import { judge, type Account, type Question } from '../../../../src/directory/sync/judge.ts'
import { nest } from '../../../../src/directory/sync/nesting.ts'
import type { SourcePerson } from '../../../../src/directory/sync/index.ts'
import { settingsOf } from '../../../support/sync/engine.ts'

const day = 86_400_000
const now = 1_000 * day
const person: SourcePerson = {
  kind: 'person', anchor: 'a', dn: 'uid=ada', email: 'ada@corp.example', givenName: 'Ada', familyName: 'Lovelace', phone: null, locale: null, disabledBecause: null, upn: null, immutableId: null, profile: {},
}
const account: Account = {
  status: 'active', role: 'user', managedHere: true, email: 'ada@corp.example', givenName: 'Ada', familyName: 'Lovelace', phone: null, locale: null, profile: {}, dn: 'uid=ada',
}
const disabled: SourcePerson = { ...person, disabledBecause: 'disabled' }
const here = { here: true, leftAt: null, suspendedBecause: null }
const gone = { here: false, leftAt: null, suspendedBecause: null }

describe('what becomes of one person', () => {
  it.each<[string, Partial<Question>, object]>([
    ['a new one comes in', { account: null }, { act: 'create' }],
    ['a new one who is disabled does not', { account: null, person: disabled }, { act: 'nothing' }],
    ['SEC-65 a new one whose address somebody has does not', { account: null, claim: 'kept_account' }, { act: 'conflict', code: 'kept_account' }],
    ['a new one without an address does not', { account: null, person: null, problem: 'no_email' }, { act: 'conflict', code: 'no_email' }],
    ['one who came and went unseen is nobody', { account: null, standing: gone }, { act: 'nothing' }],
    ['whose account was deleted by hand comes in anew', { account: { ...account, status: 'deleted' } }, { act: 'create' }],
    ['one who is as before stays', {}, { act: 'nothing' }],
    ['one with another name is changed', { account: { ...account, familyName: 'Byron' } }, { act: 'update', differences: [{ field: 'familyName', before: 'Byron', after: 'Lovelace' }] }],
    ['one at another place is moved', { account: { ...account, dn: 'uid=old' } }, { act: 'move', differences: [{ field: 'place', before: 'uid=old', after: 'uid=ada' }] }],
    ['a language and a number that the directory does not know stay', { account: { ...account, phone: '+44', locale: 'fr' }, person: { ...person, locale: 'de' } }, { act: 'nothing' }],
    ['a name changes although the new address is taken', { account: { ...account, familyName: 'Byron', email: 'old@corp.example' }, claim: 'same_email' }, { act: 'update', differences: [{ field: 'familyName', before: 'Byron', after: 'Lovelace' }] }],
    ['an address that is taken waits, and is named', { account: { ...account, email: 'old@corp.example' }, claim: 'same_email' }, { act: 'conflict', code: 'same_email' }],
    ['a broken entry does not lock out who is in it', { person: null, problem: 'bad_name' }, { act: 'conflict', code: 'bad_name' }],
    ['a broken entry that is disabled locks out all the same', { person: null, problem: 'bad_name', disabledBecause: 'disabled' }, { act: 'suspend', because: 'disabled', differences: [] }],
    ['a broken entry does not let in again', { person: null, problem: 'bad_name', account: { ...account, status: 'suspended' }, standing: { ...here, suspendedBecause: 'disabled' } }, { act: 'conflict', code: 'bad_name' }],
    ['one who is disabled is locked out', { person: disabled }, { act: 'suspend', because: 'disabled', differences: [] }],
    ['one who is locked out already stays so', { person: disabled, account: { ...account, status: 'suspended' }, standing: { ...here, suspendedBecause: 'disabled' } }, { act: 'nothing' }],
    ['one who was let in by hand is locked out again', { person: disabled, standing: { ...here, suspendedBecause: 'disabled' } }, { act: 'suspend', because: 'disabled', differences: [] }],
    ['one who is enabled again comes back', { account: { ...account, status: 'suspended' }, standing: { ...here, suspendedBecause: 'disabled' } }, { act: 'resume', differences: [] }],
    ['one whom an administrator suspended stays out', { account: { ...account, status: 'suspended' } }, { act: 'nothing' }],
    ['one whom an administrator suspended stays his when disabled too', { person: disabled, account: { ...account, status: 'suspended' } }, { act: 'nothing' }],
    ['one who has gone is locked out', { standing: gone }, { act: 'suspend', because: 'left', differences: [] }],
    ['one who has gone is kept', { standing: { ...gone, leftAt: now - 29 * day }, account: { ...account, status: 'suspended' } }, { act: 'nothing' }],
    ['one who has been gone for long is deleted', { standing: { ...gone, leftAt: now - 30 * day }, account: { ...account, status: 'suspended' } }, { act: 'delete' }],
    ['one who has gone but was let in by hand is locked out, not deleted', { standing: { ...gone, leftAt: now - 90 * day } }, { act: 'suspend', because: 'left', differences: [] }],
    ['the last owner stays when disabled', { person: disabled, isLastOwner: true }, { act: 'conflict', code: 'last_owner' }],
    ['the last owner stays when gone', { standing: gone, isLastOwner: true }, { act: 'conflict', code: 'last_owner' }],
    ['SEC-65 an account that was given by an administrator is taken on', { account: { ...account, managedHere: false } }, { act: 'adopt', differences: [] }],
  ])('%s', (_title, question, verdict) => {
    const { person: entry = person } = question
    expect(judge({ standing: here, person, disabledBecause: entry?.disabledBecause ?? null, problem: null, account, claim: null, isLastOwner: false, keepDays: 30, now, ...question })).toEqual(verdict)
  })
})

describe('what is not applied without an administrator', () => {
  const calm: GuardFacts = { guard: { percent: 5, people: 500 }, active: 100, vanishing: 0, groups: { here: 10, removed: 0 }, whole: null, incompleteBecause: null }
  it.each<[string, Partial<GuardFacts>, string[]]>([
    ['nothing vanishes', {}, []], ['their share, exactly', { vanishing: 5 }, []], ['SEC-65 more than their share', { vanishing: 6 }, ['vanish']],
    ['SEC-65 more than their number', { active: 100_000, vanishing: 501 }, ['vanish']], ['their number, exactly', { active: 100_000, vanishing: 500 }, []],
    ['one of a few', { active: 4, vanishing: 1 }, []], ['two of a few', { active: 4, vanishing: 2 }, []], ['three of a few', { active: 4, vanishing: 3 }, ['vanish']], ['both of two', { active: 2, vanishing: 2 }, ['vanish']],
    ['the only one', { active: 1, vanishing: 1 }, []], ['one group', { groups: { here: 10, removed: 1 } }, []], ['three groups of ten', { groups: { here: 10, removed: 3 } }, ['vanish']],
    ['R-13 nobody was named', { whole: { people: 0, before: 3 } }, ['shrink']], ['R-13 less than half', { whole: { people: 49, before: 100 } }, ['shrink']], ['half', { whole: { people: 50, before: 100 } }, []],
    ['the first reading', { whole: { people: 10, before: 0 } }, []], ['R-13 something was left out', { incompleteBecause: 'size' }, ['incomplete']],
  ])('%s', (_title, facts, reasons) => {
    expect(guardReasons({ ...calm, ...facts }).map(({ reason }) => reason)).toEqual(reasons)
  })
})

describe('when a directory is read', () => {
  const settings = settingsOf()
  const idle = { enabled: true, requested: null, removal: null, runAt: now - 61_000, fullAt: now - 3_600_000, cursorAt: now - 61_000, error: null, settings }
  it.each<[string, Partial<Parameters<typeof dueOrder>[0]>, ReturnType<typeof dueOrder>]>([
    ['changes after a minute', {}, 'changes'], ['nothing before that', { runAt: now - 59_000 }, undefined], ['everything at first', { runAt: null, fullAt: null, cursorAt: null }, 'full'],
    ['everything after a day', { fullAt: now - day }, 'full'], ['everything without a mark to go on from', { cursorAt: null }, 'full'], ['nothing while it is off', { enabled: false }, undefined],
    ['what was asked for, even then', { enabled: false, requested: 'preview' }, 'preview'], ['nothing on its way out', { removal: 'keep', requested: 'full' }, undefined],
  ])('%s', (_title, changes, order) => { expect(dueOrder({ ...idle, ...changes }, now)).toBe(order) })

  it('is stale after the minutes that were set, and a new one after as many', () => {
    const minute = 60_000
    const one = { enabled: true, removal: null, successAt: now - 61 * minute, updatedAt: 0, settings }
    expect([isStale(one, now), isStale({ ...one, successAt: now - 59 * minute }, now), isStale({ ...one, enabled: false }, now), isStale({ ...one, successAt: null, updatedAt: now - minute }, now), isStale({ ...one, successAt: null }, now)])
      .toEqual([true, false, false, false, true])
  })
})

describe('groups inside groups', () => {
  it('are found however deep, once, and in circles', () => {
    const inside = new Map([['a', ['b', 'c']], ['b', ['d']], ['c', ['d']], ['d', ['a']], ['x', ['x']]])
    expect([...nest(['a', 'x', 'z'], inside)].map(([group, inner]) => [group, [...inner].sort()])).toEqual([['a', ['a', 'b', 'c', 'd']], ['x', ['x']], ['z', ['z']]])
  })
})
