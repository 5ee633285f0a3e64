import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ofSamba, readAll } from '../../support/directory/connection.ts'
import { sambaMissing, sambaPerson, startSamba, type Samba } from '../../support/directory/samba.ts'
import { skipWithout } from '../../support/skip.ts'

describe('reading Active Directory', () => {
  skipWithout(sambaMissing())
  let samba: Samba
  beforeAll(async () => {
    if (sambaMissing()) return
    samba = await startSamba()
    await samba.addPerson('ada')
  }, 120_000)
  afterAll(async () => { await samba?.dispose() })

  it('reads people', async () => {
    const read = await readAll(ofSamba(samba))
    console.log(JSON.stringify(read, null, 1).slice(0, 4000))
    expect(read.people.find(({ dn }) => dn === sambaPerson('ada'))).toMatchObject({ email: 'ada@example.test', disabledBecause: null })
  })
})
