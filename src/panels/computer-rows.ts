import type { Computer } from '../phones/index.ts'

/** A computer that may ask for the keys of a phone, as it stands under that phone. */
export interface ComputerRow { readonly id: string; readonly name: string; readonly kindKey: string; readonly createdAt: number; readonly lastUsedAt: number | null; readonly removalHref: string | null }

/** Phones with their computers. @param removalHref null where the visitor may not remove any */
export function withComputers<P extends { readonly id: string }>(phones: readonly P[], computers: readonly Computer[], removalHref: (computer: string) => string | null): (P & { readonly computers: readonly ComputerRow[] })[] {
  return phones.map((phone) => ({
    ...phone, computers: computers.filter(({ pairing }) => pairing?.phone.id === phone.id).map(({ id, name, kind, createdAt, lastUsedAt }) => ({ id, name, kindKey: `account.computer.kind.${kind}`, createdAt, lastUsedAt, removalHref: removalHref(id) })),
  }))
}
