import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ofSlapd, readAll } from '../../support/directory/connection.ts'
import { personDn, slapdMissing, startSlapd, type Slapd } from '../../support/directory/slapd.ts'
import { skipWithout } from '../../support/skip.ts'

describe('reading OpenLDAP', () => {
  skipWithout(slapdMissing())
  let slapd: Slapd
  beforeAll(async () => { if (!slapdMissing()) slapd = await startSlapd({ people: 2_300, groups: 12 }) })
  afterAll(async () => { await slapd?.stop() })

  it('reads everybody in pages, over ldaps and over StartTLS alike', async () => {
    const read = await readAll(ofSlapd(slapd))
    expect(read.end).toMatchObject({ complete: true, everything: true })
    expect(read.people).toHaveLength(2_300)
    expect(read.batches).toBeGreaterThan(3)
    expect(read.people[0]).toMatchObject({ email: 'user000000@example.test', givenName: 'First0', familyName: 'Last0', dn: personDn('user000000'), disabledBecause: null, immutableId: null, profile: { displayName: 'First0 Last0', units: ['people'] } })
    expect(read.groups).toHaveLength(12)
    expect(read.groups[0]?.members).toContain(personDn('user000000'))
    const plain = await readAll(ofSlapd(slapd, { servers: [{ url: slapd.url }], startTls: true }))
    expect(plain.people).toEqual(read.people)
  })
})
