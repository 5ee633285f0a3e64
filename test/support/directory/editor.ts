import { Attribute, Change, Client } from 'ldapts'
import { listOf, type Attributes, type Values } from './ldif.ts'

/** Changes a directory as its administrator does, over ldaps. */
export interface DirectoryEditor {
  add(dn: string, attributes: Attributes): Promise<void>
  /** Sets attributes to these values; an empty list takes the attribute away. */
  modify(dn: string, attributes: Attributes): Promise<void>
  /** Adds or takes away single values, members of a group for example. */
  addValues(dn: string, attribute: string, values: Values): Promise<void>
  removeValues(dn: string, attribute: string, values: Values): Promise<void>
  remove(dn: string): Promise<void>
  /** To a new place, given whole. */
  rename(dn: string, newDn: string): Promise<void>
  /** One entry's attributes as text, operational ones included. */
  look(dn: string): Promise<Readonly<Record<string, readonly string[]>>>
  close(): Promise<void>
}

export function openEditor(as: { url: string; ca: string; name: string; password: string }): DirectoryEditor {
  let opened: Promise<Client> | undefined
  const client = (): Promise<Client> => (opened ??= (async () => {
    const created = new Client({ url: as.url, timeout: 20_000, tlsOptions: { ca: [as.ca], servername: 'localhost' } })
    await created.bind(as.name, as.password)
    return created
  })())
  const close = async (): Promise<void> => {
    const closing = await opened?.catch(() => undefined)
    opened = undefined
    await closing?.unbind().catch(() => undefined)
  }
  const attribute = (type: string, values: Values): Attribute => {
    const list = listOf(values)
    return new Attribute({ type, values: list.some((value) => Buffer.isBuffer(value)) ? list.map((value) => Buffer.from(value)) : list.map(String) })
  }
  const change = async (dn: string, operation: 'add' | 'delete' | 'replace', attributes: Attributes): Promise<void> => {
    await (await client()).modify(dn, Object.entries(attributes).map(([type, values]) => new Change({ operation, modification: attribute(type, values) })))
  }
  return {
    async add(dn, attributes) { await (await client()).add(dn, Object.entries(attributes).map(([type, values]) => attribute(type, values))) },
    modify: (dn, attributes) => change(dn, 'replace', attributes),
    addValues: (dn, type, values) => change(dn, 'add', { [type]: values }),
    removeValues: (dn, type, values) => change(dn, 'delete', { [type]: values }),
    async remove(dn) { await (await client()).del(dn) },
    async rename(dn, newDn) { await (await client()).modifyDN(dn, newDn) },
    async look(dn) {
      const { searchEntries: [entry] } = await (await client()).search(dn, { scope: 'base', attributes: ['*', '+'] })
      return Object.fromEntries(Object.entries(entry ?? {}).map(([name, values]) => [name, (Array.isArray(values) ? values : [values]).map(String)]))
    },
    close,
  }
}
