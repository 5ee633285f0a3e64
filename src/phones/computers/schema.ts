import { bigint, defineTable, integer, key, optional, text } from '../../storage/index.ts'

export interface PairedComputerRow {
  id: string; offerHash: string; kind: string; name: string; version: string; signingKey: string; agreementKey: string; ip: string; state: string; phoneId: string | null; organizationId: string | null; userId: string | null
  phoneAgreementKey: string | null; helloProof: string | null; phoneProof: string | null; computerProof: string | null; windowFrames: number; windowEndsAt: number
  createdAt: number; changedAt: number; expiresAt: number | null; lastUsedAt: number | null
}
export const PairedComputerTable = defineTable<PairedComputerRow>('paired_computers', {
  id: key, offerHash: text, kind: text, name: text, version: text, signingKey: text, agreementKey: text, ip: text, state: text, phoneId: optional(text), organizationId: optional(text), userId: optional(text),
  phoneAgreementKey: optional(text), helloProof: optional(text), phoneProof: optional(text), computerProof: optional(text), windowFrames: integer, windowEndsAt: bigint,
  createdAt: bigint, changedAt: bigint, expiresAt: optional(bigint), lastUsedAt: optional(bigint),
})

export interface PairingFrameRow { computerId: string; connection: string; sender: string; sequence: number; body: string; ip: string; createdAt: number; expiresAt: number }
export const PairingFrameTable = defineTable<PairingFrameRow>('pairing_frames', {
  computerId: key, connection: key, sender: key, sequence: { ...integer, primary: true }, body: text, ip: text, createdAt: bigint, expiresAt: bigint,
})
