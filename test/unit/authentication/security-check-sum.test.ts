import { expect, it } from 'vitest'
import { createSecurityCheck } from '../../../src/authentication/security-check/index.ts'

function check() {
  let now = 1_000_000
  const clock = { now: () => now }
  const made = createSecurityCheck({ key: Buffer.alloc(32, 7), clock: clock as Parameters<typeof createSecurityCheck>[0]['clock'], once: () => Promise.resolve(true) })
  return { ...made, wait: () => { now += 5_000 } }
}

const persian = (number: number): string => String(number).replaceAll(/\d/g, (digit) => '۰۱۲۳۴۵۶۷۸۹'[Number(digit)] ?? '')
const arabic = (number: number): string => String(number).replaceAll(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'[Number(digit)] ?? '')

it.each([['Latin', String], ['Persian', persian], ['Arabic', arabic]] as const)('S20 takes the sum in %s digits', async (_name, write) => {
  const { create, judge, wait } = check()
  const { token, left, right } = create()
  wait()
  expect(await judge({ token, solution: '', sum: ` ${write(left + right)} ` })).toBe('passed')
})

it.each([['Latin', String], ['Persian', persian], ['Arabic', arabic]] as const)('S20 refuses a wrong sum in %s digits', async (_name, write) => {
  const { create, judge, wait } = check()
  const { token, left, right } = create()
  wait()
  expect(await judge({ token, solution: '', sum: write(left + right + 1) })).toBe('failed')
})
