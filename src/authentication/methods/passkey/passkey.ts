import type { CredentialId } from '../../../storage/index.ts'
import type { Proof } from '../../proof.ts'

/** A key as its owner and administrators see it. */
export interface PasskeyView {
  readonly id: CredentialId
  readonly name: string
  readonly kind: PasskeyKind
  readonly createdAt: number
  readonly lastUsedAt: number | null
  readonly suspended: boolean
  readonly aaguid: string
  readonly transports: readonly string[]
  readonly backupEligible: boolean
  readonly backedUp: boolean
  readonly attestationFormat: string
}

/** security-key: on its own device · platform: in this computer or phone · synced: copied between a person's devices */
export type PasskeyKind = 'security-key' | 'platform' | 'synced'

/** A verified registration that is not stored yet. */
export interface NewPasskey {
  readonly credentialId: string
  readonly publicKey: string
  readonly algorithm: number
  readonly counter: number
  readonly transports: readonly string[]
  readonly aaguid: string
  readonly attestationFormat: string
  readonly attestation: string
  readonly discoverable: boolean | null
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

export const maxPasskeysPerPerson = 50
/** Ed25519, ECDSA with P-256, RSA with SHA-256: what keys, Windows Hello and phones make. */
export const algorithms: readonly number[] = [-8, -7, -257]
export const transportNames: readonly string[] = ['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal', 'cable']

export function kindOf(key: { backupEligible: boolean; transports: readonly string[] }): PasskeyKind {
  if (key.backupEligible) return 'synced'
  return key.transports.includes('internal') && !key.transports.some((transport) => ['usb', 'nfc', 'ble'].includes(transport)) ? 'platform' : 'security-key'
}

/**
 * What an assertion proves. With user verification it is two factors in one act: having the key and its PIN, finger or face.
 * RFC 8176: `hwk` when the private key cannot leave its device, `swk` when it can be copied, `pop` proof of possession.
 */
export function passkeyProof(key: { id: CredentialId; backupEligible: boolean }, userVerified: boolean, at: number): Proof {
  return {
    method: 'passkey', at, credentialId: key.id, factors: userVerified ? ['possession', 'inherence'] : ['possession'],
    amr: [key.backupEligible ? 'swk' : 'hwk', 'pop', ...(userVerified ? ['mfa', 'user'] : [])], phishingResistant: true, deviceBound: !key.backupEligible,
  }
}

/** Names that people recognise, by the model id that authenticators report. Only facts; an unknown model is "Security key". */
const models: Readonly<Record<string, string>> = {
  '08987058-cadc-4b81-b6e1-30de50dcbe96': 'Windows Hello', '9ddd1817-af5a-4672-a2b9-3e3dd95000a9': 'Windows Hello', '6028b017-b1d4-4c02-b4b3-afcdafc96bb2': 'Windows Hello',
  'fbfc3007-154e-4ecc-8c0b-6e020557d7bd': 'Apple Passwords', 'dd4ec289-e01d-41c9-bb89-70fa845d4bf2': 'Apple Passwords',
  'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4': 'Google Password Manager', 'adce0002-35bc-c60a-648b-0b25f1f05503': 'Chrome on Mac',
  'bada5566-a7aa-401f-bd96-45619a55120d': '1Password', 'd548826e-79b4-db40-a3d8-11116f7e8349': 'Bitwarden', '531126d6-e717-415c-9320-3d9aa6981239': 'Dashlane',
  'fdb141b2-5d84-443e-8a35-4698c205a502': 'KeePassXC', 'f3809540-7f14-49c1-a8b3-8f813b225541': 'Enpass', '53414d53-554e-4700-0000-000000000000': 'Samsung Pass',
  'b84e4048-15dc-4dd0-8640-f4f60813c8af': 'NordPass', '0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6': 'Keeper', '50726f74-6f6e-5061-7373-50726f746f6e': 'Proton Pass',
  'cb69481e-8ff7-4039-93ec-0a2729a154a8': 'YubiKey 5', 'ee882879-721c-4913-9775-3dfcce97072a': 'YubiKey 5', 'fa2b99dc-9e39-4257-8f92-4a30d23c4118': 'YubiKey 5 NFC',
  '2fc0579f-8113-47ea-b116-bb5a8db9202a': 'YubiKey 5 NFC', 'c5ef55ff-ad9a-4b9f-b580-adebafe026d0': 'YubiKey 5Ci', '85203421-48f9-4355-9bc8-8a53846e5083': 'YubiKey 5Ci FIPS',
  'f8a011f3-8c0a-4d15-8006-17111f9edc7d': 'Security Key by Yubico', 'b92c3f9a-c014-4056-887f-140a2501163b': 'Security Key by Yubico', '149a2021-8ef6-4133-96b8-81f8d5b7f1f5': 'Security Key NFC by Yubico',
  '6d44ba9b-f6ec-2e49-b930-0c8fe920cb73': 'Security Key NFC by Yubico', 'd8522d9f-575b-4866-88a9-ba99fa02f35b': 'YubiKey Bio', '42b4fb4a-2866-43b2-9bf7-6c6669c2e5d3': 'Google Titan',
}

export function modelName(aaguid: string): string | undefined {
  return models[aaguid]
}
