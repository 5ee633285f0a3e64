import { dnKey } from '../source.ts'
import { textOf, textsOf, valueOf, type Entry } from './entry.ts'
import { readOne } from './search.ts'
import type { Wire } from './wire.ts'

/** What a server says of itself before anybody asks for people. */
export interface Root {
  readonly controls: ReadonlySet<string>
  readonly namingContexts: readonly string[]
  readonly vendor: string
  /** Only a domain controller has these. */
  readonly domain: string | undefined
  readonly usn: string | undefined
  readonly service: string | undefined
}

export const controlNames: Readonly<Record<string, string>> = {
  '1.2.840.113556.1.4.319': 'paged results', '1.2.840.113556.1.4.841': 'DirSync', '1.2.840.113556.1.4.417': 'show deleted', '1.2.840.113556.1.4.1339': 'domain scope', '1.3.6.1.4.1.4203.1.9.1.1': 'content sync', '1.3.6.1.4.1.42.2.27.8.5.1': 'password policy',
}

const asked = ['supportedControl', 'namingContexts', 'vendorName', 'vendorVersion', 'defaultNamingContext', 'highestCommittedUSN', 'dsServiceName', 'structuralObjectClass']

export async function readRoot(wire: Wire): Promise<Root> {
  const entry: Entry = (await readOne(wire, '', asked)) ?? { dn: '', attributes: new Map() }
  const domain = textOf(entry, 'defaultNamingContext')
  const vendor = `${textOf(entry, 'vendorName') ?? ''} ${textOf(entry, 'vendorVersion') ?? ''}`.trim()
  const usual = domain !== undefined ? 'Active Directory' : textOf(entry, 'structuralObjectClass') === 'OpenLDAProotDSE' ? 'OpenLDAP' : ''
  return {
    controls: new Set(textsOf(entry, 'supportedControl')), namingContexts: textsOf(entry, 'namingContexts'), vendor: vendor || usual,
    domain, usn: textOf(entry, 'highestCommittedUSN'), service: textOf(entry, 'dsServiceName'),
  }
}

/** Which of the server's trees a place is in. */
export function suffixOf(root: Root, base: string): string | undefined {
  const key = dnKey(base)
  return root.namingContexts.filter((suffix) => key === dnKey(suffix) || key.endsWith(`,${dnKey(suffix)}`)).sort((a, b) => b.length - a.length)[0]
}

/** Which copy of the domain answers: its counter means nothing to another one, nor to itself after it was restored. */
export async function readInvocation(wire: Wire, root: Root): Promise<string | undefined> {
  const settings = root.service === undefined ? undefined : await readOne(wire, root.service, ['invocationId'])
  return settings === undefined ? undefined : valueOf(settings, 'invocationId')?.toString('hex')
}
