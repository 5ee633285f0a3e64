import { createHash, randomBytes } from 'node:crypto'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

export type OrganizationId = Branded<'organization'>
export type UserId = Branded<'user'>
export type GroupId = Branded<'group'>
export type ApplicationId = Branded<'application'>
export type InvitationId = Branded<'invitation'>
export type CredentialId = Branded<'credential'>
export type SessionId = Branded<'session'>
export type SignInId = Branded<'sign-in'>

/**
 * 128 random bits as 22 characters. Random, not time-ordered: keys of hot tables must not crowd one range on a
 * distributed database, and an id tells nothing about when or how many.
 */
export function newId<Id extends string = string>(): Id {
  return randomBytes(16).toString('base64url') as Id
}

/** 256 random bits as 43 characters: links, cookies, client secrets. Store only its `sha256`. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** For comparing secrets that carry at least 128 random bits; shorter ones need `keyedHash`. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
