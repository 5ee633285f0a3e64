/** Every act that the audit log may name, by what it is about; each has a text `activity.action.<act>`. A test compares it with the source. */
export const actionGroups = {
  signing_in: ['session.opened', 'session.extended', 'session.ended', 'signin.refused', 'code.sent', 'code.refused', 'recovery.code_used', 'recovery.codes_made'],
  keys: ['passkey.added', 'passkey.renamed', 'passkey.removed', 'passkey.suspended', 'passkey.resumed', 'activation.mail_sent',
    'password.set', 'password.removed', 'authenticator.added', 'authenticator.removed', 'access_pass.issued', 'access_pass.revoked', 'access_pass.used'],
  phones: [
    'phone.asked', 'phone.approved', 'phone.denied', 'phone.reported', 'phone.refused', 'phone.renamed', 'phone.removed', 'phone.activated', 'phone.activation_denied', 'phone.code_refused', 'phone.prompts_resumed',
    'phone.suspended', 'phone.resumed', 'phone.activation_sent', 'phone.activation_cancelled', 'phone.assignment_ordered', 'phone.assignment_cancelled', 'phone.key_registered', 'phone.key_used', 'phone.key_refused', 'phone.key_reported',
    'computer.paired', 'computer.removed', 'computer.offer_refused', 'computer.far',
  ],
  people: [
    'user.invited', 'user.imported', 'user.import_done', 'user.exported', 'user.reinvited', 'user.invitation_cancelled', 'invitation.opened', 'invitation.accepted', 'signup.completed', 'user.created', 'user.changed', 'user.role_changed',
    'user.suspended', 'user.resumed', 'user.reset', 'user.deleted', 'profile.changed', 'email.changed', 'phone.changed',
  ],
  groups: ['group.created', 'group.changed', 'group.deleted', 'group.member_added', 'group.member_removed', 'group.exported', 'group.methods_changed'],
  directories: [
    'directory.created', 'directory.changed', 'directory.switched_on', 'directory.switched_off', 'directory.removed', 'directory.checked', 'directory.run_asked', 'directory.applied', 'directory.waits', 'directory.plan_approved',
    'directory.plan_discarded', 'directory.plan_exported', 'directory.adopted',
  ],
  applications: [
    'application.opened', 'application.refused', 'application.created', 'application.changed', 'application.deleted', 'application.secret_made', 'application.secret_removed',
    'application.assigned', 'application.unassigned', 'consent.granted', 'consent.denied', 'token.reuse_detected', 'logout.delivered', 'logout.failed',
    'external_mfa.created', 'external_mfa.changed', 'external_mfa.deleted', 'external_mfa.linked', 'external_mfa.unlinked', 'external_mfa.refused',
  ],
  organization: [
    'setup.completed', 'organization.created', 'organization.changed', 'settings.changed', 'scim.token_made', 'scim.token_revoked', 'scim.settings_changed', 'settings.test_mail_sent', 'message.opened', 'audit.exported', 'keys.changed', 'apply.create', 'apply.change', 'apply.add',
  ],
  microsoft: [
    'microsoft.domain_added', 'microsoft.domain_changed', 'microsoft.domain_removed', 'microsoft.applied', 'microsoft.undone', 'microsoft.switched_on',
    'microsoft.switched_off', 'microsoft.certificate_step', 'microsoft.certificate_ends', 'microsoft.drift_found', 'microsoft.guard_blind', 'microsoft.identity_set',
    'microsoft.identity_changed', 'microsoft.identities_imported', 'microsoft.guide_changed', 'microsoft.set_up_marked',
    'microsoft.keys_consented', 'microsoft.keys_consent_withdrawn', 'microsoft.keys_rule_changed', 'microsoft.key_ordered', 'microsoft.key_registered', 'microsoft.key_denied', 'microsoft.key_failed',
    'microsoft.key_cancelled', 'microsoft.key_retried', 'microsoft.key_removal_asked', 'microsoft.key_removed', 'microsoft.access_pass_issued',
  ],
} as const

export type ActionGroup = keyof typeof actionGroups

const known: ReadonlySet<string> = new Set(Object.values(actionGroups).flat())

export function isAction(action: string): boolean {
  return known.has(action)
}

/** The text of an act; what an older or newer version wrote down has one too. */
export function actionKey(action: string): string {
  return known.has(action) ? `activity.action.${action}` : 'activity.action.other'
}
