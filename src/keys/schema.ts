import { bigint, defineTable, integer, key, optional, text } from '../storage/index.ts'

export interface SigningKeyRow {
  id: string
  purpose: string
  algorithm: string
  state: string
  publicKey: string
  sealedPrivateKey: string
  generation: number
  createdAt: number
  activatesAt: number
  retiresAt: number | null
}

export const SigningKeyTable = defineTable<SigningKeyRow>('signing_keys', {
  id: key, purpose: text, algorithm: text, state: text, publicKey: text, sealedPrivateKey: text, generation: integer,
  createdAt: bigint, activatesAt: bigint, retiresAt: optional(bigint),
})
