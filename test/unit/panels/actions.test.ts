import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadTranslations } from '../../../src/http/views/translate.ts'
import { actionGroups, actionKey, isAction } from '../../../src/panels/actions.ts'

const root = new URL('../../..', import.meta.url).pathname
const texts = loadTranslations(join(root, 'views/locales'), 'en')

/** Every `action: '…'` of the source, in types and in calls, wherever several stand after one colon too. */
function recordedActions(): { action: string; file: string }[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && !file.startsWith('browser'))
  return files.flatMap((file) => [...readFileSync(join(root, 'src', file), 'utf8').matchAll(/\baction: ([^,}\n]+)/g)]
    .flatMap(([, expression = '']) => [...expression.matchAll(/'([a-z_]+\.[a-z_]+)'/g)].map(([, action = '']) => ({ action, file }))))
}

it('S128 every act that the source writes down has a place in the filter and a text', () => {
  const recorded = recordedActions()
  expect(recorded.length).toBeGreaterThan(40)
  expect(recorded.filter(({ action }) => !isAction(action))).toEqual([])
})

it('S128 every act of the list has an English text of its own', () => {
  const keys = Object.values(actionGroups).flat().map(actionKey)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.filter((key) => !texts.has('en', key))).toEqual([])
  expect(Object.keys(actionGroups).filter((group) => !texts.has('en', `admin.audit.group.${group}`))).toEqual([])
})

it('shows what another version wrote down under a text that fits everything', () => {
  expect(actionKey('moon.landed')).toBe('activity.action.other')
})
