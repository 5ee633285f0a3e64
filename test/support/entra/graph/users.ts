import { json } from '../server.ts'
import type { Tenant, User } from '../tenant.ts'
import type { World } from '../world.ts'
import { badRequest, bodyOf, notFound, rules, type Call, type GraphRoute } from './rules.ts'

const reading = { any: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'] } as const
const writing = { any: ['User.ReadWrite.All', 'Directory.ReadWrite.All'], roles: ['User Administrator'] } as const

/** What is answered without $select; onPremisesImmutableId is not among it. */
const usual = ['businessPhones', 'displayName', 'givenName', 'jobTitle', 'mail', 'mobilePhone', 'officeLocation', 'preferredLanguage', 'surname', 'userPrincipalName', 'id']
const selectable = [...usual, 'accountEnabled', 'onPremisesImmutableId', 'onPremisesSyncEnabled', 'createdDateTime', 'mailNickname', 'usageLocation', 'signInSessionsValidFromDateTime']
const isUpn = (value: unknown): boolean => typeof value === 'string' && /^[^@\s']+@[^@\s]+$/.test(value)
const writable = {
  accountEnabled: rules.yesNo, displayName: rules.text, mailNickname: rules.text, userPrincipalName: isUpn, passwordProfile: rules.anything,
  onPremisesImmutableId: rules.optionalText, usageLocation: rules.optionalText, mail: rules.optionalText,
} as const

/** `/users`: one, many with paging, creation, change, and the end of all sessions. */
export function userRoutes(world: World): GraphRoute[] {
  const { directory } = world
  const userOf = ({ tenant, parts }: Call): User => {
    const user = directory.findUser(tenant, parts['user'] ?? '')
    if (!user) throw notFound(parts['user'] ?? '')
    return user
  }

  /** 3.6: the suffix is verified; where it is federated, an ImmutableID is needed; both are unique. */
  function refuseIdentity(tenant: Tenant, upn: string, immutableId: string | null | undefined, self?: User): void {
    const domain = directory.domainOfUpn(upn)
    if (domain?.tenantId !== tenant.id || !domain.isVerified) throw badRequest(`The domain portion of the userPrincipalName property is invalid: ${upn}.`)
    const other = (user: User): boolean => user !== self
    if (tenant.users.some((user) => other(user) && user.userPrincipalName.toLowerCase() === upn.toLowerCase())) throw badRequest('Another object with the same value for property userPrincipalName already exists.')
    if (immutableId && tenant.users.some((user) => other(user) && user.onPremisesImmutableId === immutableId)) throw badRequest('Another object with the same value for property onPremisesImmutableId already exists.')
    if (domain.authenticationType === 'Federated' && !immutableId) throw badRequest("Property 'onPremisesImmutableId' is required for a user of a federated domain.")
  }

  function list({ ask, tenant }: Call): Record<string, unknown> {
    const known = ['$select', '$filter', '$top', '$skiptoken', '$count']
    const strange = [...ask.query.keys()].find((name) => !known.includes(name))
    if (strange !== undefined) throw badRequest(`Query option '${strange}' is not supported here.`)
    const top = Number(ask.query.get('$top') ?? 100)
    if (!Number.isInteger(top) || top < 1 || top > 999) throw badRequest("Invalid value specified for '$top'.")
    const isAdvanced = ask.headers['consistencylevel'] === 'eventual' && ask.query.get('$count') === 'true'
    const found = tenant.users.filter(filterOf(ask.query.get('$filter'), isAdvanced))
    const from = Number(ask.query.get('$skiptoken') ?? 0)
    if (!Number.isInteger(from) || from < 0) throw badRequest("Invalid value specified for '$skiptoken'.")
    const next = new URL(`${world.urls.graph}${ask.path}?${ask.query.toString()}`)
    next.searchParams.set('$skiptoken', String(from + top))
    const page = found.slice(from, from + top).map((user) => selected(user, ask.query))
    return {
      '@odata.context': `${world.urls.graph}/v1.0/$metadata#users`, ...(isAdvanced && { '@odata.count': found.length }),
      ...(from + top < found.length && { '@odata.nextLink': next.href }), value: page,
    }
  }

  return [
    { method: 'GET', path: '/users', permission: reading, answer: (call) => json(200, list(call)) },
    { method: 'GET', path: '/users/:user', permission: reading, answer: (call) => json(200, { '@odata.context': `${world.urls.graph}/v1.0/$metadata#users/$entity`, ...selected(userOf(call), call.ask.query) }) },
    {
      method: 'POST', path: '/users', permission: writing, answer: ({ ask, tenant }) => {
        const body = bodyOf(ask, 'User', writable)
        for (const name of ['accountEnabled', 'displayName', 'mailNickname', 'userPrincipalName', 'passwordProfile']) if (body[name] === undefined) throw badRequest(`A value is required for property '${name}' of resource 'User'.`)
        const { userPrincipalName, displayName, accountEnabled, onPremisesImmutableId, mail } = body as Pick<User, 'userPrincipalName' | 'displayName' | 'accountEnabled' | 'onPremisesImmutableId' | 'mail'>
        refuseIdentity(tenant, userPrincipalName, onPremisesImmutableId)
        const user = directory.addUser(tenant, userPrincipalName, { displayName, accountEnabled, ...(onPremisesImmutableId !== undefined && { onPremisesImmutableId }), ...(mail !== undefined && { mail }) })
        return json(201, { '@odata.context': `${world.urls.graph}/v1.0/$metadata#users/$entity`, ...selected(user, new URLSearchParams()) })
      },
    },
    {
      method: 'PATCH', path: '/users/:user', permission: writing, answer: (call) => {
        const user = userOf(call)
        const body = bodyOf(call.ask, 'User', writable) as Partial<Pick<User, 'userPrincipalName' | 'displayName' | 'accountEnabled' | 'onPremisesImmutableId' | 'mail'>>
        if (user.onPremisesSyncEnabled && Object.keys(body).length > 0) throw badRequest('Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.')
        const wanted = body.onPremisesImmutableId === undefined ? user.onPremisesImmutableId : body.onPremisesImmutableId
        if (body.userPrincipalName !== undefined || body.onPremisesImmutableId !== undefined) refuseIdentity(call.tenant, body.userPrincipalName ?? user.userPrincipalName, wanted, user)
        for (const name of ['userPrincipalName', 'displayName', 'accountEnabled', 'onPremisesImmutableId', 'mail'] as const) if (body[name] !== undefined) Object.assign(user, { [name]: body[name] })
        return { status: 204 }
      },
    },
    {
      method: 'POST', path: '/users/:user/revokeSignInSessions', permission: { any: ['User.RevokeSessions.All', ...writing.any], roles: ['User Administrator', 'Helpdesk Administrator'] }, answer: (call) => {
        const user = userOf(call)
        user.signInSessionsValidFrom = world.now()
        for (const session of world.sessions) if (session.user === user) session.isOpen = false
        return json(200, { '@odata.context': `${world.urls.graph}/v1.0/$metadata#Edm.Boolean`, value: true })
      },
    },
  ]
}

function selected(user: User, query: URLSearchParams): Record<string, unknown> {
  const names = query.get('$select')?.split(',') ?? usual
  const strange = names.find((name) => !selectable.includes(name))
  if (strange !== undefined) throw badRequest(`Could not find a property named '${strange}' on type 'microsoft.graph.user'.`)
  const own: Readonly<Record<string, unknown>> = {
    id: user.id, userPrincipalName: user.userPrincipalName, displayName: user.displayName, accountEnabled: user.accountEnabled, mail: user.mail, onPremisesImmutableId: user.onPremisesImmutableId, businessPhones: [],
    onPremisesSyncEnabled: user.onPremisesSyncEnabled ? true : null, createdDateTime: new Date(user.createdAt).toISOString(), signInSessionsValidFromDateTime: new Date(Math.max(user.signInSessionsValidFrom, user.createdAt)).toISOString(),
  }
  return Object.fromEntries(names.map((name) => [name, own[name] ?? null]))
}

/** The few filters that are needed; `endswith` is an advanced query and says so if the headers for it are missing. */
function filterOf(filter: string | null, isAdvanced: boolean): (user: User) => boolean {
  if (filter === null) return () => true
  const unquote = (text: string): string => text.replaceAll("''", "'").toLowerCase()
  const equal = /^(userPrincipalName|onPremisesImmutableId|displayName|mail) eq '((?:[^']|'')*)'$/.exec(filter)
  // Filters of Graph compare texts without case.
  if (equal) return (user) => (user[equal[1] as 'userPrincipalName'] ?? '').toLowerCase() === unquote(equal[2] ?? '')
  const enabled = /^accountEnabled eq (true|false)$/.exec(filter)
  if (enabled) return (user) => String(user.accountEnabled) === enabled[1]
  const part = /^(startswith|endswith)\((userPrincipalName|displayName|mail),\s*'((?:[^']|'')*)'\)$/i.exec(filter)
  if (!part) throw badRequest(`Unsupported or invalid query filter clause: ${filter}`)
  const isEnd = part[1]?.toLowerCase() === 'endswith'
  if (isEnd && !isAdvanced) throw badRequest("Operator 'endsWith' is not supported because the 'ConsistencyLevel:eventual' header and $count=true are missing.")
  const wanted = unquote(part[3] ?? '')
  return (user) => {
    const value = (user[part[2] as 'userPrincipalName'] ?? '').toLowerCase()
    return isEnd ? value.endsWith(wanted) : value.startsWith(wanted)
  }
}
