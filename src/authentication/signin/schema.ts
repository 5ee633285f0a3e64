import { bigint, defineTable, key, optional, text } from '../../storage/index.ts'

export interface SignInRow {
  id: string
  organizationId: string | null
  browser: string
  request: string
  userId: string | null
  state: string
  outcome: string | null
  createdAt: number
  expiresAt: number
}

export const SignInTable = defineTable<SignInRow>('sign_ins', {
  id: key, organizationId: optional(text), browser: text, request: text, userId: optional(text), state: text, outcome: optional(text),
  createdAt: bigint, expiresAt: bigint,
})

export interface SignOutRow { id: string; steps: string; continuation: string | null; createdAt: number; expiresAt: number }
export const SignOutTable = defineTable<SignOutRow>('sign_outs', {
  id: key, steps: text, continuation: optional(text), createdAt: bigint, expiresAt: bigint,
})
