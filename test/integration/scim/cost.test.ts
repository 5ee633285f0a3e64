import { expect, it } from 'vitest'
import { withApp, type TestApp } from '../../support/app.ts'
import { groupSchema, scimClient, userSchema, type ScimAnswer, type ScimClient } from '../../support/scim.ts'

/** Statements that these requests send to the database. The jobs of the application send some as well at times, so the least of some tries counts. */
async function statementsOf(current: TestApp, ...requests: readonly (() => Promise<ScimAnswer>)[]): Promise<number> {
  const { statistics } = current.foundation.storage
  // Whatever the requests before have set going ends first.
  for (let quiet = 0, seen = statistics.statements; quiet < 5; seen = statistics.statements) {
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    quiet = statistics.statements === seen ? quiet + 1 : 0
  }
  const counts: number[] = []
  for (let tries = 0; tries < 15; tries++) {
    const before = statistics.statements
    for (const request of requests) expect((await request()).status).toBeLessThan(300)
    counts.push(statistics.statements - before)
  }
  return Math.min(...counts)
}

withApp('what a SCIM request costs', (current) => {
  async function peopleOf(client: ScimClient, prefix: string, count: number): Promise<string[]> {
    const answer = await client.post('/Bulk', { Operations: Array.from({ length: count }, (_, index) => ({
      method: 'POST', path: '/Users', bulkId: `b${index}`, data: { schemas: [userSchema], userName: `${prefix}${index}@engines.example`, externalId: `${prefix}${index}` },
    })) })
    return (answer.body['Operations'] as { location: string }[]).map(({ location }) => location.split('/').at(-1) ?? '')
  }

  it('P-19 does not grow with the group: one member comes and goes by the same statements', async () => {
    const client = await scimClient(current())
    const people = await peopleOf(client, 'member', 250)
    const [few, many] = [await client.post('/Groups', { schemas: [groupSchema], displayName: 'Few', members: [{ value: people[0] }] }), await client.post('/Groups', { schemas: [groupSchema], displayName: 'Many', members: people.slice(0, 249).map((value) => ({ value })) })]
    const cost = async (id: string): Promise<number> => statementsOf(current(), () => client.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: [{ value: people[249] }] }]), () => client.patch(`/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${people[249]}"]` }]))
    const [one, other] = [await cost(few.body['id']), await cost(many.body['id'])]
    expect([one, other < 30]).toEqual([other, true])
    expect((await client.get(`/Groups/${many.body['id']}`)).body['members']).toHaveLength(249)
    // Members that nobody asked for are not read.
    const [whole, without] = [await statementsOf(current(), () => client.get(`/Groups/${many.body['id']}`)), await statementsOf(current(), () => client.get(`/Groups/${many.body['id']}?excludedAttributes=members`))]
    expect(without).toBeLessThan(whole)
  })

  it('P-19 finds one of many by a name, an id or an address in two statements besides the token, and a page in three', async () => {
    const client = await scimClient(current())
    await peopleOf(client, 'many', 120)
    await client.get('/Users')
    const token = 1
    for (const filter of ['userName eq "many7@engines.example"', 'externalId eq "many7"', 'id eq "AAAAAAAAAAAAAAAAAAAAAA"', 'userName eq "many7@engines.example" and active eq true']) {
      expect([filter, await statementsOf(current(), () => client.filter('/Users', filter, '&excludedAttributes=groups')) <= token + 2]).toEqual([filter, true])
    }
    expect(await statementsOf(current(), () => client.get('/Users?startIndex=1&count=100'))).toBe(token + 3)
    expect(await statementsOf(current(), () => client.get('/Users?startIndex=101&count=100'))).toBe(token + 3)
  })
})
