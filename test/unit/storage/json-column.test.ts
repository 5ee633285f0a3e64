import { expect, it, vi } from 'vitest'
import { jsonColumn } from '../../../src/storage/json-column.ts'

interface Settings { days: number; methods: { code: boolean } }
const check = vi.fn((value: unknown) => {
  const settings = value as Settings
  if (settings.days < 1) throw new RangeError('days must be at least 1')
  return settings
})
const read = jsonColumn(check)

it('checks the same text once, and another text by itself', () => {
  const first = read('{"days":7,"methods":{"code":true}}')
  expect(read('{"days":7,"methods":{"code":true}}')).toBe(first)
  expect(read('{"days":8,"methods":{"code":true}}').days).toBe(8)
  expect(check).toHaveBeenCalledTimes(2)
})

it('gives out what nobody can change', () => {
  const settings = read('{"days":7,"methods":{"code":true}}')
  expect(() => { settings.methods.code = false }).toThrow(TypeError)
  expect(() => { settings.days = 1 }).toThrow(TypeError)
})

it('remembers no text that is refused', () => {
  expect(() => read('{"days":0,"methods":{"code":true}}')).toThrow('at least 1')
  expect(() => read('{"days":0,"methods":{"code":true}}')).toThrow('at least 1')
  expect(() => read('{')).toThrow(SyntaxError)
})
