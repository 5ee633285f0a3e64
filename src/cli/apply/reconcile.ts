import type { Group, Organization, OrganizationSettings } from '../../directory/index.ts'
import { OperatorError } from '../../errors.ts'
import type { Transaction } from '../../storage/index.ts'
import { reconcileApplication } from './applications.ts'
import type { ApplyDocument, OrganizationEntry } from './document.ts'
import { differences, type ApplyNeeds, type Pass, type Step } from './step.ts'
import { reconcileUser } from './users.ts'

/**
 * Brings the database to what the document says, in the caller's transaction; a plan alone is the same with the transaction
 * taken back. What the document does not name stays untouched; a second run finds nothing to do.
 * @returns what was done, in order.
 */
export async function reconcile(needs: ApplyNeeds, document: ApplyDocument, tx: Transaction): Promise<Step[]> {
  const steps: Step[] = []
  for (const entry of document.organizations) {
    const noteFor = (organization: Organization) => async (step: Step): Promise<void> => {
      steps.push(step)
      await needs.record(tx, organization, step)
    }
    const organization = await reconcileOrganization(needs, tx, entry, noteFor)
    const pass: Pass = { tx, organization, note: noteFor(organization) }
    for (const group of entry.groups ?? []) await reconcileGroup(needs, pass, group)
    for (const user of entry.users ?? []) await reconcileUser(needs, pass, user)
    for (const application of entry.applications ?? []) await reconcileApplication(needs, pass, application)
  }
  return steps
}

async function reconcileOrganization(
  { organizations }: ApplyNeeds, tx: Transaction, entry: OrganizationEntry, noteFor: (organization: Organization) => Pass['note'],
): Promise<Organization> {
  const existing = findOrganization(await organizations.list(tx), entry)
  const organization = existing ?? (await organizations.create(tx, { name: entry.name, kind: 'business', ...(entry.slug === undefined ? {} : { slug: entry.slug }) }))
  const step = { kind: 'organization', name: entry.name, id: organization.id } as const
  if (!existing) await noteFor(organization)({ verb: 'create', action: 'organization.created', details: `slug ${organization.slug}`, ...step })

  const before = flatten(organization)
  const { changes, text } = differences(before, { name: entry.name, hue: entry.hue, defaultLocale: entry.defaultLocale, ...entry.settings })
  if (text === '') return organization
  const after = { ...before, ...changes }
  await organizations.update(tx, organization.id, { name: after.name, hue: after.hue, defaultLocale: after.defaultLocale, settings: settingsOf(after) })
  await noteFor(organization)({ verb: 'change', action: 'organization.changed', details: text, ...step })
  return (await organizations.find(organization.id, tx)) ?? organization
}

function findOrganization(all: readonly Organization[], { name, slug }: OrganizationEntry): Organization | undefined {
  const found = all.filter((one) => (slug === undefined ? one.name === name && one.kind === 'business' : one.slug === slug))
  if (found.length > 1) throw new OperatorError(`there are ${found.length} organizations called ${name}; say which one with slug: ${found.map((one) => one.slug).sort().join(' or ')}`)
  if (found[0]?.kind === 'personal') throw new OperatorError(`the slug ${found[0].slug} belongs to the people who signed up for themselves; nobody administers them`)
  return found[0]
}

/** The organization as the file writes it: one level. */
function flatten({ name, hue, defaultLocale, settings }: Organization) {
  const { methods, session, ...others } = settings
  return { name, hue, defaultLocale, ...methods, ...session, ...others }
}

function settingsOf(flat: ReturnType<typeof flatten>): OrganizationSettings {
  const { emailCode, smsCode, codesForKeyHolders, recoveryCodes, password, totp, accessPass, passwordEnrolsFirstKey, phone, phoneCode, phoneNear, userVerification, idleMinutes, absoluteHours, invitationDays } = flat
  return { methods: { emailCode, smsCode, codesForKeyHolders, recoveryCodes, password, totp, accessPass, passwordEnrolsFirstKey, phone, phoneCode, phoneNear }, userVerification, session: { idleMinutes, absoluteHours }, invitationDays }
}

async function reconcileGroup({ groups }: ApplyNeeds, { tx, organization, note }: Pass, entry: { name: string; description?: string | undefined }): Promise<void> {
  const found: Group | undefined = await groups.findByName(organization.id, entry.name, tx)
  const step = { kind: 'group', name: entry.name } as const
  if (!found) {
    const id = await groups.create(tx, organization.id, { name: entry.name, description: entry.description ?? '' })
    return note({ verb: 'create', action: 'group.created', details: '', id, ...step })
  }
  const { text } = differences({ name: found.name, description: found.description }, { name: entry.name, description: entry.description })
  if (text === '') return
  await groups.update(tx, organization.id, found.id, { name: entry.name, description: entry.description ?? found.description })
  await note({ verb: 'change', action: 'group.changed', details: text, id: found.id, ...step })
}
