/** Microsoft's clouds; each has its own sign-in host, and an app registration of one is unknown in the others. */
export const clouds = ['public', 'us-government', 'china', 'custom'] as const
export type Cloud = (typeof clouds)[number]

const loginOrigins: Readonly<Record<Exclude<Cloud, 'custom'>, string>> = {
  public: 'https://login.microsoftonline.com', 'us-government': 'https://login.microsoftonline.us', china: 'https://login.partner.microsoftonline.cn',
}

export interface CloudPlace {
  readonly cloud: Cloud
  /** Only for `custom`: scheme, host and port, without a path. */
  readonly loginOrigin: string | null
}

/** Where this cloud's people sign in. */
export function loginOf({ cloud, loginOrigin }: CloudPlace): string {
  if (cloud !== 'custom') return loginOrigins[cloud]
  if (loginOrigin === null) throw new Error('a cloud of its own needs a sign-in host')
  return loginOrigin
}

/** The only address of this cloud that an answer may be posted to. */
export function redirectUriOf(place: CloudPlace): string {
  return `${loginOf(place)}/common/federation/externalauthprovider`
}

/** Where this cloud tells which keys it signs hints with. */
export function discoveryOf(place: CloudPlace): string {
  return `${loginOf(place)}/common/v2.0/.well-known/openid-configuration`
}

/** Who signs the hints of a tenant. */
export function issuerOf(place: CloudPlace, tenantId: string): string {
  return `${loginOf(place)}/${tenantId}/v2.0`
}

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Entra's ids of tenants, applications and people. @returns in lower case, as they are compared; undefined where it is none */
export function readGuid(text: string): string | undefined {
  const lower = text.toLowerCase()
  return guid.test(lower) ? lower : undefined
}
