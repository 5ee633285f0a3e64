import { defaultOidcSettings, parseOidcSettings, type Application, type OidcSettings } from '../../applications/index.ts'
import { Conflict, OperatorError } from '../../errors.ts'
import { normaliseEmail } from '../../messaging/index.ts'
import type { ApplicationId } from '../../storage/index.ts'
import type { ApplicationEntry } from './document.ts'
import { readSecret } from './secret.ts'
import { differences, type ApplyNeeds, type Pass } from './step.ts'

/** One application: its settings, a secret among the valid ones, and at least these people and groups. */
export async function reconcileApplication(needs: ApplyNeeds, pass: Pass, entry: ApplicationEntry): Promise<void> {
  const found = await find(needs, pass, entry)
  let id = found?.id
  try {
    if (found) await updateApplication(needs, pass, entry, found)
    else id = await createApplication(needs, pass, entry)
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
    throw new OperatorError(error.code === 'name_taken' ? `${pass.organization.name} has another application called ${entry.name}; is its client id another one?` : `the client id ${entry.clientId ?? ''} is taken`)
  }
  if (id === undefined) return
  await reconcileSecret(needs, pass, entry, id)
  await reconcileAccess(needs, pass, entry, id)
}

async function find({ applications }: ApplyNeeds, { tx, organization }: Pass, entry: ApplicationEntry): Promise<Application | undefined> {
  const found = entry.clientId === undefined ? await applications.findByName(organization.id, entry.name, tx) : (await applications.findByClientId(entry.clientId, tx))?.application
  if (!found) return undefined
  if (found.organizationId !== organization.id) throw new OperatorError(`the client id ${entry.clientId ?? ''} belongs to another organization`)
  const kind = found.oidc?.kind ?? 'link'
  if (kind !== entry.kind) throw new OperatorError(`the application ${found.name} is of kind ${kind} and cannot become ${entry.kind}; delete it under Applications first, or give this one another name${entry.clientId === undefined ? '' : ' and client id'}`)
  return found
}

async function createApplication({ applications }: ApplyNeeds, { tx, organization, note }: Pass, entry: ApplicationEntry): Promise<ApplicationId> {
  const { kind, name, clientId } = entry
  const oidc = kind === 'link' ? null : oidcOf(entry, defaultOidcSettings(kind))
  const id = await applications.create(tx, organization.id, {
    name, description: entry.description ?? '', protocol: oidc ? 'oidc' : 'link', launchUrl: entry.launchUrl ?? null, trusted: entry.trusted ?? false, access: accessOf(entry) ?? 'everyone',
    requiredAssurance: entry.requiredAssurance ?? null, oidc, ...(clientId === undefined ? {} : { clientId }),
  })
  if (entry.enabled === false) await applications.update(tx, organization.id, id, { enabled: false })
  const waitsForSecret = oidc?.authMethod.startsWith('client_secret') === true && entry.secret === undefined
  await note({
    verb: 'create', kind: 'application', name, action: 'application.created', id,
    details: [kind, ...(clientId === undefined ? [] : [`client id ${clientId}`]), ...(entry.enabled === false ? ['switched off'] : []), ...(waitsForSecret ? ['without a secret yet'] : [])].join(', '),
    ...(oidc && clientId === undefined ? { newClientId: id } : {}),
  })
  return id
}

async function updateApplication({ applications }: ApplyNeeds, { tx, organization, note }: Pass, entry: ApplicationEntry, before: Application): Promise<void> {
  const { name, description, launchUrl, trusted, enabled, requiredAssurance } = entry
  const plain = differences(before, { name, description, launchUrl, trusted, enabled, requiredAssurance, access: accessOf(entry) })
  const oidc = before.oidc && oidcOf(entry, before.oidc)
  const settings = before.oidc && oidc ? differences(before.oidc, oidc) : { text: '' }
  const text = [plain.text, settings.text].filter((part) => part !== '').join(', ')
  if (text === '') return
  await applications.update(tx, organization.id, before.id, { ...plain.changes, ...(settings.text === '' ? {} : { oidc }) })
  await note({ verb: 'change', kind: 'application', name, action: 'application.changed', details: text, id: before.id })
}

function accessOf({ access }: ApplicationEntry): 'everyone' | 'assigned' | undefined {
  return access === undefined || access === 'everyone' ? access : 'assigned'
}

/** @throws OperatorError where the result could not work */
function oidcOf(entry: ApplicationEntry, before: OidcSettings): OidcSettings {
  const { redirectUris, postLogoutRedirectUris, backchannelLogoutUri, initiateLoginUri, jwksUri, authMethod, scopes, refreshTokens, parRequired, dpopBound, idTokenAlg, accessTokenMinutes, refreshTokenDays } = entry
  const wanted = { redirectUris, postLogoutRedirectUris, backchannelLogoutUri, initiateLoginUri, jwksUri, authMethod, scopes, refreshTokens, parRequired, dpopBound, idTokenAlg, accessTokenMinutes, refreshTokenDays }
  const result = parseOidcSettings({ ...before, ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)) })
  if (result.kind !== 'service' && result.redirectUris.length === 0) throw new OperatorError(`the application ${entry.name} needs redirectUris: where people come back to after signing in`)
  if (result.authMethod === 'private_key_jwt' && result.jwks === null && result.jwksUri === null) throw new OperatorError(`the application ${entry.name} needs jwksUri: where its public keys are, since it proves itself with private_key_jwt`)
  return result
}

async function reconcileSecret(needs: ApplyNeeds, { tx, organization, note }: Pass, entry: ApplicationEntry, id: ApplicationId): Promise<void> {
  if (entry.secret === undefined) return
  const secret = readSecret(needs, entry.secret, entry.name)
  if (await needs.applications.hasSecret(tx, id, secret)) return
  await needs.applications.addSecret(tx, organization.id, id, { overlapHours: 0, given: secret })
  await note({ verb: 'change', kind: 'application', name: entry.name, action: 'application.secret_made', details: `takes the secret from ${entry.secret}`, id })
}

async function reconcileAccess(needs: ApplyNeeds, { tx, organization, note }: Pass, { name, access }: ApplicationEntry, id: ApplicationId): Promise<void> {
  if (access === undefined || access === 'everyone') return
  const assigned = await needs.access.assignments(organization.id, id, tx)
  const assign = async (principal: { kind: 'user' | 'group'; id: string; name: string }): Promise<void> => {
    if (assigned.some((one) => one.kind === principal.kind && one.id === principal.id)) return
    assigned.push(principal)
    await needs.access.assign(tx, organization.id, id, principal)
    await note({ verb: 'add', kind: 'application', name, action: 'application.assigned', details: `for ${principal.kind} ${principal.name}`, id })
  }
  for (const groupName of access.groups ?? []) {
    const group = await needs.groups.findByName(organization.id, groupName, tx)
    if (!group) throw new OperatorError(`the application ${name} is for the group ${groupName}, which ${organization.name} does not have; add it under groups`)
    await assign({ kind: 'group', id: group.id, name: group.name })
  }
  for (const email of access.users ?? []) {
    const user = await needs.users.findByEmailKey(normaliseEmail(email)?.key ?? '', tx)
    if (!user || user.organizationId !== organization.id) throw new OperatorError(`the application ${name} is for ${email}, who is not in ${organization.name}; add the person under users`)
    await assign({ kind: 'user', id: user.id, name: user.email })
  }
}
