import { randomBytes, randomUUID } from 'node:crypto'
import { verifyRegistrationResponse } from '@simplewebauthn/server'
import { json } from '../server.ts'
import type { PasskeyPolicy, Tenant, User, UserPasskey } from '../tenant.ts'
import type { World } from '../world.ts'
import { badRequest, bodyOf, notFound, rules, type Call, type GraphRoute } from './rules.ts'

const policyPath = '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2'
const policyReading = { any: ['Policy.Read.All', 'Policy.Read.AuthenticationMethod', 'Policy.ReadWrite.AuthenticationMethod'], roles: ['Authentication Policy Administrator', 'Global Reader'] } as const
const roles = ['Authentication Administrator', 'Privileged Authentication Administrator'] as const
const writing = { any: ['UserAuthMethod-Passkey.ReadWrite.All', 'UserAuthenticationMethod.ReadWrite.All'], roles } as const
const reading = { any: ['UserAuthMethod-Passkey.Read.All', ...writing.any], roles } as const
const passWriting = { any: ['UserAuthMethod-TAP.ReadWrite.All', 'UserAuthenticationMethod.ReadWrite.All'], roles } as const
const challengeMilliseconds = 5 * 60_000

interface Challenge { readonly userId: string; readonly rpId: string; readonly expiresAt: number }
interface Credential { readonly id: string; readonly response: { readonly clientDataJSON: string; readonly attestationObject: string }; readonly clientExtensionResults?: unknown }

/** 5.1, 5.2 and 7.5: keys on behalf of users, the policy for them, and Temporary Access Passes. */
export function passkeyRoutes(world: World): GraphRoute[] {
  const challenges = new Map<string, Challenge>()
  const userOf = ({ tenant, parts }: Call): User => {
    const user = world.directory.findUser(tenant, parts['user'] ?? '')
    if (!user) throw notFound(parts['user'] ?? '')
    return user
  }
  const credentialsOf = (tenant: Tenant): readonly string[] => tenant.users.flatMap(({ passkeys }) => passkeys.map(({ id }) => id))

  return [
    { method: 'GET', path: policyPath, permission: policyReading, answer: ({ tenant: { passkeyPolicy } }) => json(200, shownPolicy(passkeyPolicy)) },
    {
      method: 'GET', path: '/users/:user/authentication/fido2Methods/creationOptions', permission: writing, answer: (call) => {
        const user = userOf(call)
        const { passkeyPolicy: { rpId } } = call.tenant
        // A JWE of several kilobytes; how it is made is nobody's business.
        const challenge = randomBytes(2_000).toString('base64url')
        const expiresAt = world.now() + challengeMilliseconds
        challenges.set(challenge, { userId: user.id, rpId, expiresAt })
        return json(200, {
          '@odata.context': `${world.urls.graph}/v1.0/$metadata#microsoft.graph.webauthnCredentialCreationOptions`, challengeTimeoutDateTime: new Date(expiresAt).toISOString(),
          publicKey: {
            challenge, timeout: 60_000, attestation: 'direct', rp: { id: rpId, name: 'Microsoft' }, user: { id: Buffer.from(user.id).toString('base64url'), name: user.userPrincipalName, displayName: user.displayName },
            pubKeyCredParams: [{ type: 'public-key', alg: -7 }, { type: 'public-key', alg: -257 }], excludeCredentials: user.passkeys.map(({ id }) => ({ type: 'public-key', id: Buffer.from(id, 'base64url').toString('base64'), transports: [] })),
            authenticatorSelection: { authenticatorAttachment: 'cross-platform', requireResidentKey: true, userVerification: 'required' },
            extensions: { hmacCreateSecret: true, enforceCredentialProtectionPolicy: true, credentialProtectionPolicy: 'userVerificationOptional' },
          },
        })
      },
    },
    { method: 'GET', path: '/users/:user/authentication/fido2Methods', permission: reading, answer: (call) => json(200, { value: userOf(call).passkeys.map(shown) }) },
    {
      method: 'POST', path: '/users/:user/authentication/fido2Methods', permission: writing, answer: async (call) => {
        const user = userOf(call)
        const { displayName, publicKeyCredential } = bodyOf(call.ask, 'fido2AuthenticationMethod', { displayName: rules.text, publicKeyCredential: isCredential }) as { displayName?: string; publicKeyCredential?: Credential }
        if (displayName === undefined || publicKeyCredential === undefined) throw badRequest('displayName and publicKeyCredential are required.')
        if (displayName.length > 30) throw badRequest('The displayName is longer than 30 characters.')
        const { id, response } = publicKeyCredential
        const challenge = challengeOf(response.clientDataJSON)
        const known = challenges.get(challenge)
        challenges.delete(challenge)
        if (known?.userId !== user.id) throw badRequest('AADSTS135018: The challenge is not known.')
        if (known.expiresAt <= world.now()) throw badRequest('AADSTS135019: The challenge has expired.')
        if (credentialsOf(call.tenant).includes(id)) throw badRequest('The credential is registered already.')
        const { aaguid, format, vouched } = await verify(id, response, challenge, known.rpId)
        refuseByPolicy(call.tenant.passkeyPolicy, aaguid, vouched)
        const key: UserPasskey = { id, displayName, createdAt: world.now(), aaguid, format, clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject, challenge, rpId: known.rpId }
        user.passkeys.push(key)
        return json(201, shown(key))
      },
    },
    {
      method: 'DELETE', path: '/users/:user/authentication/fido2Methods/:id', permission: writing, answer: (call) => {
        const { passkeys } = userOf(call)
        const at = passkeys.findIndex(({ id }) => id === call.parts['id'])
        if (at === -1) throw notFound(call.parts['id'] ?? '')
        passkeys.splice(at, 1)
        return { status: 204 }
      },
    },
    {
      method: 'POST', path: '/users/:user/authentication/temporaryAccessPassMethods', permission: passWriting, answer: (call) => {
        const user = userOf(call)
        const { lifetimeInMinutes = 60, isUsableOnce = false } = bodyOf(call.ask, 'temporaryAccessPassAuthenticationMethod', { startDateTime: rules.text, lifetimeInMinutes: isMinutes, isUsableOnce: rules.yesNo }) as { lifetimeInMinutes?: number; isUsableOnce?: boolean }
        user.accessPass = { code: randomBytes(6).toString('base64url'), minutes: lifetimeInMinutes, once: isUsableOnce }
        return json(201, {
          id: randomUUID(), temporaryAccessPass: user.accessPass.code, createdDateTime: new Date(world.now()).toISOString(), startDateTime: new Date(world.now()).toISOString(), lifetimeInMinutes, isUsableOnce,
          isUsable: call.tenant.passkeyPolicy.accessPasses, methodUsabilityReason: call.tenant.passkeyPolicy.accessPasses ? 'EnabledByPolicy' : 'DisabledByPolicy',
        })
      },
    },
  ]
}

const isMinutes = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 60 && value <= 480
const isCredential = (value: unknown): boolean => {
  const { id, response, clientExtensionResults: _results, ...more } = (value ?? {}) as Partial<Credential>
  return typeof id === 'string' && typeof response?.clientDataJSON === 'string' && typeof response.attestationObject === 'string' && Object.keys(response).length === 2 && Object.keys(more).length === 0
}

function challengeOf(clientDataJSON: string): string {
  try {
    return String((JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8')) as { challenge?: unknown }).challenge)
  } catch {
    throw badRequest('clientDataJSON cannot be read.')
  }
}

/** 7.5: registration as WebAuthn wants it, judged by a library that is not ours. */
async function verify(id: string, response: Credential['response'], challenge: string, rpId: string): Promise<{ aaguid: string; format: string; vouched: boolean }> {
  try {
    const result = await verifyRegistrationResponse({
      response: { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }, expectedChallenge: challenge, expectedOrigin: `https://${rpId}`, expectedRPID: rpId, requireUserPresence: true, requireUserVerification: true, supportedAlgorithmIDs: [-7, -257],
    })
    if (!result.verified || result.registrationInfo.credential.id !== id) throw new Error('not verified')
    // A chain of certificates to a listed vendor would vouch for it; a key's own signature does not.
    return { aaguid: result.registrationInfo.aaguid, format: result.registrationInfo.fmt, vouched: false }
  } catch (error) {
    throw badRequest(`The attestation is not valid: ${error instanceof Error ? error.message : ''}`)
  }
}

function refuseByPolicy(policy: PasskeyPolicy, aaguid: string, vouched: boolean): void {
  if (policy.state !== 'enabled') throw badRequest('The FIDO2 method is not enabled for the user.')
  if (!policy.isSelfServiceRegistrationAllowed) throw badRequest('Registration is not allowed: self-service set-up is off.')
  if (policy.isAttestationEnforced && !vouched) throw badRequest('Attestation is enforced and the key has none of a listed vendor.')
  const { isEnforced, enforcementType, aaGuids } = policy.keyRestrictions
  if (isEnforced && (enforcementType === 'block') === aaGuids.includes(aaguid)) throw badRequest(`The AAGUID ${aaguid} is not allowed.`)
}

function shown({ id, displayName, createdAt, aaguid }: UserPasskey): Record<string, unknown> {
  return { id, displayName, createdDateTime: new Date(createdAt).toISOString(), aaGuid: aaguid, model: '', attestationCertificates: [], attestationLevel: 'notAttested', passkeyType: 'deviceBound' }
}

function shownPolicy({ rpId: _rpId, accessPasses: _accessPasses, ...policy }: PasskeyPolicy): Record<string, unknown> {
  return { '@odata.type': '#microsoft.graph.fido2AuthenticationMethodConfiguration', id: 'Fido2', ...policy }
}
