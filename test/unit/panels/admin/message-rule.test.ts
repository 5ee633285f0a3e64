import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { UserRole } from '../../../../src/directory/index.ts'
import { loadTranslations } from '../../../../src/http/views/translate.ts'
import { linkTokenIn, mayOpenMessage } from '../../../../src/panels/admin/message-rule.ts'
import { opensHere, templateKey } from '../../../../src/panels/admin/message-row.ts'

const views = new URL('../../../../views', import.meta.url).pathname
const url = 'https://id.example.com'
const token = 'A'.repeat(43)

describe('opening a waiting mail', () => {
  const cases: readonly (readonly [UserRole, UserRole | undefined, boolean])[] = [
    ['owner', 'owner', true], ['owner', 'administrator', true], ['owner', 'user', true], ['owner', undefined, true],
    ['administrator', 'owner', false], ['administrator', 'administrator', true], ['administrator', 'helpdesk', true], ['administrator', 'user', true], ['administrator', undefined, false],
    ['helpdesk', 'administrator', false], ['helpdesk', 'owner', false], ['user', 'user', false],
  ]
  it.each(cases)('SEC-69 by a person of role %s, for one of role %s: %s', (reader, role, allowed) => {
    expect(mayOpenMessage(reader, role === undefined ? undefined : { role })).toBe(allowed)
  })

  it('finds the secret of a link of ours and of no other host', () => {
    expect(linkTokenIn(`Open this link:\n\n${url}/invitation/${token}\n\nThe link works once.`, url)).toBe(token)
    expect(linkTokenIn(`https://evil.example/invitation/${token}`, url)).toBeUndefined()
    expect(linkTokenIn(`${url}/invitation/short`, url)).toBeUndefined()
    expect(linkTokenIn(`${url}/security`, url)).toBeUndefined()
  })

  it('is possible for mail that waits, and only without a mail server', () => {
    expect(opensHere({ state: 'waiting', channel: 'mail' }, false)).toBe(true)
    expect(opensHere({ state: 'waiting', channel: 'mail' }, true)).toBe(false)
    expect(opensHere({ state: 'sent', channel: 'mail' }, false)).toBe(false)
    expect(opensHere({ state: 'waiting', channel: 'sms' }, false)).toBe(false)
  })

  it('calls every mail there is by a name of its own', () => {
    const templates = readdirSync(`${views}/email`).filter((file) => file.endsWith('.txt.hbs')).map((file) => file.slice(0, -'.txt.hbs'.length))
    const keys = templates.map(templateKey)
    expect(keys).not.toContain('admin.outbox.template.other')
    const texts = loadTranslations(`${views}/locales`, 'en')
    expect([...keys, templateKey('nonsense')].filter((key) => !texts.has('en', key))).toEqual([])
  })
})
