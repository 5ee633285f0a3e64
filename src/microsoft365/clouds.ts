export type CloudName = 'public' | 'us-government' | 'china' | 'custom'

/** The hosts of one Entra; each an origin without a slash at its end. */
export interface Cloud {
  /** Where people sign in, and where our answers go (`/login.srf`). */
  readonly loginHost: string
  /** Graph's root without a version. */
  readonly graphHost: string
  /** What the sign-in host publishes about its own keys, for signed requests. */
  readonly metadataUrl: string
}

const metadataPath = '/federationmetadata/saml20/federationmetadata.xml'

/** The hosts that Microsoft runs; section 0.1 and 4.3 of its documents for each cloud. */
export const cloudPresets: Readonly<Record<Exclude<CloudName, 'custom'>, Cloud>> = {
  public: preset('https://login.microsoftonline.com', 'https://graph.microsoft.com', 'nexus.microsoftonline-p.com'),
  'us-government': preset('https://login.microsoftonline.us', 'https://graph.microsoft.us', 'nexus.microsoftonline-p.com'),
  china: preset('https://login.partner.microsoftonline.cn', 'https://microsoftgraph.chinacloudapi.cn', 'nexus.partner.microsoftonline-p.cn'),
}

export const cloudNames: readonly CloudName[] = ['public', 'us-government', 'china', 'custom']

/** What a domain keeps of its cloud: a preset's name, or hosts of somebody else, such as a simulator's. */
export interface CloudChoice { readonly cloud: CloudName; readonly loginHost: string | null; readonly graphHost: string | null }

/** @returns the hosts; an own one always wins, so that a new host of a preset needs no release of ours */
export function hostsOf({ cloud, loginHost, graphHost }: CloudChoice): Cloud {
  const base = cloudPresets[cloud === 'custom' ? 'public' : cloud]
  const login = loginHost ?? base.loginHost
  return { loginHost: login, graphHost: graphHost ?? base.graphHost, metadataUrl: cloud === 'custom' ? `${login}${metadataPath}` : base.metadataUrl }
}

/** Sites that Microsoft makes keys for; documents say the second, the service answers with the first (section 5.1 F-1). */
const keySites: Readonly<Record<CloudName, readonly string[]>> = {
  public: ['login.microsoft.com', 'login.microsoftonline.com'], 'us-government': ['login.microsoftonline.us'], china: ['login.partner.microsoftonline.cn'], custom: [],
}

/** RP IDs that a key may be made for: a Graph that names another one asks for a key to somebody else's site. The usual one first. */
export function keySitesOf(choice: CloudChoice): readonly string[] {
  return [...new Set([...keySites[choice.cloud], new URL(hostsOf(choice).loginHost).hostname])]
}

/** An origin of a cloud as typed: https, or http on this machine for a simulator; nothing behind the port. */
export function readHost(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const local = url.hostname === 'localhost' || url.hostname === '127.0.0.1'
  const plain = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return plain && (url.protocol === 'https:' || (url.protocol === 'http:' && local)) ? url.origin : undefined
}

function preset(loginHost: string, graphHost: string, nexus: string): Cloud {
  return { loginHost, graphHost, metadataUrl: `https://${nexus}${metadataPath}` }
}
