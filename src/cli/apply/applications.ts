import { defaultOidcSettings, parseOidcSettings, type Application, type OidcSettings, type RequiredAssurance } from '../../applications/index.ts'
import type { Organization } from '../../directory/index.ts'
import { OperatorError } from '../../errors.ts'
import { normaliseEmail } from '../../messaging/index.ts'
import type { ApplicationId } from '../../storage/index.ts'
import type { ApplicationEntry } from './document.ts'
import { declared, defined, readSecret, same, type ApplyNeeds, type Pass } from './reconcile.ts'

export async function reconcileApplications(needs: ApplyNeeds, pass: Pass, organization: Organization, entries: readonly ApplicationEntry[]): Promise<void> {
  for (const entry of entries) {
    const existing = await find(needs, pass, organization, entry)
    const what = `application ${entry.name}`
    let id = existing?.id
    if (!existing) {
      const oidc = oidcOf(entry, undefined)
      if (pass.tx) {
        id = await needs.applications.create(pass.tx, organization.id, {
          name: entry.name, description: entry.description ?? '', protocol: oidc ? 'oidc' : 'link', launchUrl: entry.launchUrl ?? null, trusted: entry.trusted ?? false,
          access: entry.access === undefined || entry.access === 'everyone' ? 'everyone' : 'assigned', requiredAssurance: (entry.requiredAssurance as RequiredAssurance | undefined) ?? null, oidc,
          ...(entry.clientId === undefined ? {} : { clientId: entry.clientId }),
        })
      }
      await pass.note(organization, { verb: 'create', what, details: entry.kind })
    } else {
      const changes = changesOf(entry, existing)
      if (Object.keys(changes).length > 0) {
        if (pass.tx) await needs.applications.update(pass.tx, organization.id, existing.id, changes)
        await pass.note(organization, { verb: 'change', what, details: Object.keys(changes).join(', ') })
      }
    }
    await reconcileSecret(needs, pass, organization, entry, id)
    await reconcileAccess(needs, pass, organization, entry, id)
  }
}

async function find(needs: ApplyNeeds, pass: Pass, organization: Organization, entry: ApplicationEntry): Promise<Application | undefined> {
  if (entry.clientId === undefined) return needs.applications.findByName(organization.id, entry.name, pass.sql)
  const found = (await needs.applications.findByClientId(entry.clientId, pass.sql))?.application
  if (found && found.organizationId !== organization.id) throw new OperatorError(`The client id ${entry.clientId} belongs to another organization; nothing was changed.`)
  return found
}

function oidcOf(entry: ApplicationEntry, before: OidcSettings | undefined): OidcSettings | null {
  if (entry.kind === 'link') return null
  const { kind, redirectUris, postLogoutRedirectUris, backchannelLogoutUri, initiateLoginUri, jwksUri, authMethod, scopes, refreshTokens, parRequired, dpopBound, idTokenAlg, accessTokenMinutes, refreshTokenDays } = entry
  return parseOidcSettings({
    ...(before ?? defaultOidcSettings(kind)), kind,
    ...defined({ redirectUris, postLogoutRedirectUris, backchannelLogoutUri, initiateLoginUri, jwksUri, authMethod, scopes, refreshTokens, parRequired, dpopBound, idTokenAlg, accessTokenMinutes, refreshTokenDays }),
  })
}

function changesOf(entry: ApplicationEntry, before: Application): Record<string, unknown> {
  const wanted: Record<string, unknown> = {
    name: entry.name, description: entry.description, launchUrl: entry.launchUrl, trusted: entry.trusted, enabled: entry.enabled, requiredAssurance: entry.requiredAssurance,
    access: entry.access === undefined ? undefined : entry.access === 'everyone' ? 'everyone' : 'assigned', oidc: before.oidc ? oidcOf(entry, before.oidc) : undefined,
  }
  return Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== undefined && !same(value, before[key as keyof Application])))
}

async function reconcileSecret(needs: ApplyNeeds, pass: Pass, organization: Organization, entry: ApplicationEntry, id: ApplicationId | undefined): Promise<void> {
  if (entry.secret === undefined) return
  const secret = readSecret(needs, entry.secret, entry.name)
  if (id !== undefined && (await needs.applications.hasSecret(pass.sql, id, secret))) return
  if (pass.tx && id !== undefined) await needs.applications.addSecret(pass.tx, organization.id, id, { overlapHours: 0, given: secret })
  await pass.note(organization, { verb: 'change', what: `application ${entry.name}`, details: `secret from ${entry.secret}` })
}

async function reconcileAccess(needs: ApplyNeeds, pass: Pass, organization: Organization, entry: ApplicationEntry, id: ApplicationId | undefined): Promise<void> {
  if (entry.access === undefined || entry.access === 'everyone') return
  const assigned = id === undefined ? [] : await needs.access.assignments(organization.id, id, pass.sql)
  for (const groupName of entry.access.groups ?? []) {
    const group = await needs.groups.findByName(organization.id, groupName, pass.sql)
    if (!group && !declared(pass, groupName)) throw new OperatorError(`The application ${entry.name} names the group ${groupName}, which does not exist. Nothing was changed.`)
    if (group && assigned.some((one) => one.kind === 'group' && one.id === group.id)) continue
    if (pass.tx && id !== undefined && group) await needs.access.assign(pass.tx, organization.id, id, { kind: 'group', id: group.id })
    await pass.note(organization, { verb: 'add', what: `application ${entry.name}`, details: `for group ${groupName}` })
  }
  for (const email of entry.access.users ?? []) {
    const user = await needs.users.findByEmailKey(normaliseEmail(email)?.key ?? '', pass.sql)
    const planned = pass.tx === undefined && pass.steps.some((step) => step.verb === 'create' && step.what === `user ${normaliseEmail(email)?.email ?? ''}`)
    if ((!user || user.organizationId !== organization.id) && !planned) throw new OperatorError(`The application ${entry.name} names ${email}, who does not exist in ${organization.name}. Nothing was changed.`)
    if (user && assigned.some((one) => one.kind === 'user' && one.id === user.id)) continue
    if (pass.tx && id !== undefined && user) await needs.access.assign(pass.tx, organization.id, id, { kind: 'user', id: user.id })
    await pass.note(organization, { verb: 'add', what: `application ${entry.name}`, details: `for ${email}` })
  }
}
