import { mayManage, type UserRole } from '../../directory/index.ts'

/**
 * Who may open a mail that waits because there is no mail server.
 *
 * Without one, invitations and codes reach nobody, so in the first minutes somebody must be able to hand them over. But a
 * sign-in code or a reset link lets its reader in as the person it is for. So the reader must be somebody who may take that
 * person's ways to sign in away and give new ones anyway (mayManage): nobody reads upwards, and an administrator never opens
 * what is for an owner. Where it cannot be said whose mail it is (a code to a new address, an address that has changed
 * hands), it counts as an owner's. Each reading is in the audit log, and in the person's own activity.
 */
export function mayOpenMessage(reader: UserRole, person: { readonly role: UserRole } | undefined): boolean {
  return mayManage(reader, person?.role ?? 'owner')
}

/** The secret of an invitation or reset link in a mail: it knows better than the address whose mail it is. */
export function linkTokenIn(text: string, publicUrl: string): string | undefined {
  const start = `${publicUrl}/invitation/`
  const at = text.indexOf(start)
  return at < 0 ? undefined : /^[\w-]{43}/.exec(text.slice(at + start.length))?.[0]
}
