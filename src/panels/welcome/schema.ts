import { bigint, defineTable, key, optional, text } from '../../storage/index.ts'

export interface SignUpRow {
  id: string; browser: string; kind: string; email: string; givenName: string; familyName: string; organizationName: string; codeId: string
  resendAt: number; codeExpiresAt: number; verifiedAt: number | null; completedAt: number | null; createdAt: number; expiresAt: number
}
export const SignUpTable = defineTable<SignUpRow>('sign_ups', {
  id: key, browser: text, kind: text, email: text, givenName: text, familyName: text, organizationName: text, codeId: text,
  resendAt: bigint, codeExpiresAt: bigint, verifiedAt: optional(bigint), completedAt: optional(bigint), createdAt: bigint, expiresAt: bigint,
})
