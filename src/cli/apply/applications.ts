import { defaultOidcSettings, parseOidcSettings, type Application, type OidcSettings } from '../../applications/index.ts'
import { Conflict, OperatorError } from '../../errors.ts'
import type { ApplicationId } from '../../storage/index.ts'
import { accessOf, reconcileAccess } from './application-access.ts'
import type { ApplicationEntry } from './document.ts'
import { reconcileFederated } from './federated.ts'
import { readSecret } from './secret.ts'
import { differences, type ApplyNeeds, type Pass } from './step.ts'

/** One application: its settings, a secret among the valid ones, and at least these people and groups. */
export async function reconcileApplication(needs: ApplyNeeds, pass: Pass, entry: ApplicationEntry): Promise<void> {
  let id: ApplicationId
  try {
    id = entry.kind === 'saml' || entry.kind === 'wsfed' ? await reconcileFederated(needs, pass, entry) : await reconcilePlain(needs, pass, entry)
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
    const word = entry.kind === 'saml' ? 'entity ID' : entry.kind === 'wsfed' ? 'realm' : 'client id'
    throw new OperatorError(error.code === 'name_taken' ? `${pass.organization.name} has another application called ${entry.name}; is its ${word} another one?` : `the ${word} ${entry.clientId ?? entry.entityId ?? entry.realm ?? ''} is taken`)
  }
  await reconcileSecret(needs, pass, entry, id)
  await reconcileAccess(needs, pass, entry, id)
}

/** One that speaks OpenID Connect, or a link. */
async function reconcilePlain(needs: ApplyNeeds, pass: Pass, entry: ApplicationEntry): Promise<ApplicationId> {
  const found = await find(needs, pass, entry)
  if (!found) return createApplication(needs, pass, entry)
  await updateApplication(needs, pass, entry, found)
  return found.id
}

async function find({ applications }: ApplyNeeds, { tx, organization }: Pass, entry: ApplicationEntry): Promise<Application | undefined> {
  const found = entry.clientId === undefined ? await applications.findByName(organization.id, entry.name, tx) : (await applications.findByClientId(entry.clientId, tx))?.application
  if (!found) return undefined
  if (found.organizationId !== organization.id) throw new OperatorError(`the client id ${entry.clientId ?? ''} belongs to another organization`)
  const kind = found.oidc?.kind ?? found.protocol
  if (kind !== entry.kind) throw new OperatorError(`the application ${found.name} is of kind ${kind} and cannot become ${entry.kind}; delete it under Applications first, or give this one another name${entry.clientId === undefined ? '' : ' and client id'}`)
  return found
}

async function createApplication({ applications }: ApplyNeeds, { tx, organization, note }: Pass, entry: ApplicationEntry): Promise<ApplicationId> {
  const { kind, name, clientId } = entry
  const oidc = kind === 'link' || kind === 'saml' || kind === 'wsfed' ? null : oidcOf(entry, defaultOidcSettings(kind))
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
