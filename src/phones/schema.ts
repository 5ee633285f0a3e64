import { bigint, defineTable, integer, key, optional, text } from '../storage/index.ts'

export interface PhoneRow {
  id: string; organizationId: string; userId: string; credentialId: string; publicKey: string; name: string; model: string; platform: string; hue: number; sealedPush: string | null
  createdAt: number; lastUsedAt: number | null; lastIp: string | null; suspendedAt: number | null
}
export const PhoneTable = defineTable<PhoneRow>('phones', {
  id: key, organizationId: text, userId: text, credentialId: text, publicKey: text, name: text, model: text, platform: text, hue: integer, sealedPush: optional(text),
  createdAt: bigint, lastUsedAt: optional(bigint), lastIp: optional(text), suspendedAt: optional(bigint),
})

export interface PhoneActivationRow {
  id: string; organizationId: string; userId: string; tokenHash: string; codeHash: string; codeFailures: number; byMail: number; replaces: string | null; note: string; createdBy: string | null
  createdAt: number; expiresAt: number; openedAt: number | null; state: string; decidedAt: number | null
}
export const PhoneActivationTable = defineTable<PhoneActivationRow>('phone_activations', {
  id: key, organizationId: text, userId: text, tokenHash: text, codeHash: text, codeFailures: integer, byMail: integer, replaces: optional(text), note: text, createdBy: optional(text),
  createdAt: bigint, expiresAt: bigint, openedAt: optional(bigint), state: text, decidedAt: optional(bigint),
})

export interface PhoneApprovalRow {
  id: string; organizationId: string | null; userId: string | null; signInId: string; kind: string; number: number; choices: string; application: string | null; browser: string; ip: string; nonce: string; manualHash: string
  nearness: string; state: string; tries: number; phoneId: string | null; createdAt: number; expiresAt: number; changedAt: number; decidedAt: number | null; consumedAt: number | null
}
export const PhoneApprovalTable = defineTable<PhoneApprovalRow>('phone_approvals', {
  id: key, organizationId: optional(text), userId: optional(text), signInId: text, kind: text, number: integer, choices: text, application: optional(text), browser: text, ip: text, nonce: text, manualHash: text,
  nearness: text, state: text, tries: integer, phoneId: optional(text), createdAt: bigint, expiresAt: bigint, changedAt: bigint, decidedAt: optional(bigint), consumedAt: optional(bigint),
})

export interface PhoneAssignmentRow {
  id: string; organizationId: string; groupId: string | null; note: string; createdBy: string; createdAt: number; state: string; position: string | null; sent: number; passed: number; waitingUntil: number | null; changedAt: number
}
export const PhoneAssignmentTable = defineTable<PhoneAssignmentRow>('phone_assignments', {
  id: key, organizationId: text, groupId: optional(text), note: text, createdBy: text, createdAt: bigint, state: text, position: optional(text), sent: integer, passed: integer, waitingUntil: optional(bigint), changedAt: bigint,
})

export interface PhonePauseRow { userId: string; organizationId: string; reportedAt: number; until: number }
export const PhonePauseTable = defineTable<PhonePauseRow>('phone_pauses', { userId: key, organizationId: text, reportedAt: bigint, until: bigint })
