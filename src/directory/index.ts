/**
 * Who exists: organizations, their people and groups, and the invitations that bring people in.
 *
 * Every row belongs to one organization, and every question that starts from a request names it (SEC-73).
 * How people prove who they are → authentication. What they may open → applications.
 */
export { createGroupMethods, groupMethods, type GroupMethod, type GroupMethodFlags, type GroupMethods, type PersonalSettings } from './group-methods.ts'
export { createGroups, type Group, type GroupChoice, type GroupMember, type Groups } from './groups.ts'
export { createInvitations, type Invitation, type InvitationPurpose, type Invitations } from './invitations.ts'
export { defaultSettings, parseSettings, slugOf, type Organization, type OrganizationKind, type OrganizationSettings } from './organization.ts'
export { createOrganizationTexts, longestOrganizationText, type OrganizationTexts } from './organization-texts.ts'
export { createOrganizations, type OrganizationChanges, type Organizations } from './organizations.ts'
export type { PeopleQuestion } from './people-query.ts'
export { createPasswords, type PasswordHolder, type PasswordKeeper, type Passwords, type PasswordVerdict } from './passwords.ts'
export { countReach, type Reach } from './reach.ts'
export { GroupMemberTable, GroupMethodTable, GroupTable, InvitationTable, OrganizationTable, UserTable } from './schema.ts'
export { foldText, mayGrant, mayManage, nameOf, readName, userRoles, type Person, type User, type UserRole, type UserStatus } from './user.ts'
export { createUsers, type NewUser, type UserChanges, type UserFilter, type Users } from './users.ts'
