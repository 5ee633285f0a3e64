import { describe, expect, it } from 'vitest'
import { anchorOf, anchorValue, generalizedTime, toGeneralizedTime, toWindowsTime, windowsTime } from '../../../../../src/directory/sync/ldap/values.ts'

describe('times', () => {
  it.each([
    ['116444736000000000', 0], ['133801632000000000', Date.UTC(2025, 0, 1)], ['0', undefined], ['9223372036854775807', undefined], ['-1', undefined], ['', undefined], ['soon', undefined], [undefined, undefined],
  ])('%s counts hundred nanoseconds since 1601, and never is never', (text, time) => {
    expect(windowsTime(text)).toBe(time)
  })

  it('are written as they are read', () => {
    const time = Date.UTC(2026, 10, 24, 9, 30, 15)
    expect(windowsTime(toWindowsTime(time))).toBe(time)
    expect(generalizedTime(toGeneralizedTime(time))).toBe(time)
  })

  it.each([
    ['20261124093015Z', Date.UTC(2026, 10, 24, 9, 30, 15)], ['20261124093015.5Z', Date.UTC(2026, 10, 24, 9, 30, 15, 500)], ['202611240930Z', Date.UTC(2026, 10, 24, 9, 30)],
    ['20261124093015+0130', Date.UTC(2026, 10, 24, 8, 0, 15)], ['20261124093015-05', Date.UTC(2026, 10, 24, 14, 30, 15)], ['20260231000000Z', undefined], ['20261124', undefined], ['yesterday', undefined],
  ])('%s is a generalized time (RFC 4517 §3.3.13)', (text, time) => {
    expect(generalizedTime(text)).toBe(time)
  })
})

describe('anchors', () => {
  const guid = Buffer.from('722d8b746b70f8428b2582fd8733860f', 'hex')

  it('are the raw bytes of a GUID, whose text has another order, and become the known ImmutableID', () => {
    // 748b2d72-706b-42f8-8b25-82fd8733860f as Windows writes it.
    expect(anchorOf('objectGUID', guid)).toBe('722d8b746b70f8428b2582fd8733860f')
    expect(guid.toString('base64')).toBe('ci2LdGtw+EKLJYL9hzOGDw==')
    expect(anchorValue('objectGUID', '722d8b746b70f8428b2582fd8733860f')).toEqual(guid)
  })

  it('are bytes also where they happen to be letters', () => {
    expect(anchorOf('mS-DS-ConsistencyGuid', Buffer.from('abcdefghijklmnop'))).toBe('6162636465666768696a6b6c6d6e6f70')
  })

  it('are text in lower case elsewhere, and nothing where there is no value or no text', () => {
    expect(anchorOf('entryUUID', Buffer.from(' 597AE2F6-16A6-1027-98F4-ABCDEFabcdef '))).toBe('597ae2f6-16a6-1027-98f4-abcdefabcdef')
    expect(anchorOf('entryUUID', undefined)).toBeUndefined()
    expect(anchorOf('employeeNumber', Buffer.from('  '))).toBeUndefined()
    expect(anchorOf('employeeNumber', Buffer.from([0xff, 0xfe]))).toBeUndefined()
  })
})
