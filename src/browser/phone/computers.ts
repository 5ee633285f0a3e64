import type { Key } from '../pairing/party.ts'
import type { ComputerKind, PublicPoint } from '../pairing/wire.ts'
import { inStore } from './database.ts'

/** A computer that this phone is paired with, and what seals their talk. */
export interface HeldComputer {
  readonly id: string
  /** The key of this phone that it was paired with. */
  readonly held: string
  readonly kind: ComputerKind
  readonly name: string
  readonly root: Key
  /** This phone's half of the agreement; private. */
  readonly own: Key
  readonly theirs: PublicPoint
  readonly createdAt: number
}

export async function findComputer(id: string): Promise<HeldComputer | undefined> {
  return (await inStore('computers', 'readonly', (computers) => computers.get(id))) as HeldComputer | undefined
}

export async function listComputers(): Promise<HeldComputer[]> {
  return (await inStore('computers', 'readonly', (computers) => computers.getAll())) as HeldComputer[]
}

export async function saveComputer(computer: HeldComputer): Promise<void> {
  await inStore('computers', 'readwrite', (computers) => computers.put(computer))
}

export async function forgetComputer(id: string): Promise<void> {
  await inStore('computers', 'readwrite', (computers) => computers.delete(id))
}
