import { z } from 'zod'
import { readExpression, webAddressProblem, type UriProblem } from '../../applications/index.ts'

const fileReference = z.string().regex(/^file:.+$/, 'must be file:path, relative to this file')
const identifier = z.string().regex(/^[\u0021-\u007e]{3,1024}$/, 'must have 3 to 1024 printable characters without blanks')
const expression = z.string().superRefine((text, context) => {
  const read = readExpression(text)
  if ('problem' in read) context.addIssue({ code: 'custom', message: `is no expression: it cannot be read from ${JSON.stringify(read.problem)} on` })
})

/** What only applications of SAML and WS-Federation have, beside what all have. */
export function federatedFields(sentences: Readonly<Record<UriProblem, string>>) {
  const address = z.string().superRefine((uri, context) => {
    const problem = webAddressProblem(uri)
    if (problem) context.addIssue({ code: 'custom', message: sentences[problem] })
  })
  const attribute = z.strictObject({ name: z.string().min(1).max(300), friendlyName: z.string().max(100).nullable().optional(), expression })
  return {
    entityId: identifier.optional(), metadata: fileReference.optional(), metadataUrl: address.nullable().optional(), acsUrls: z.array(address).min(1).max(50).optional(), sloUrl: address.nullable().optional(),
    signingCertificates: z.array(z.string()).max(10).optional(), encryptionCertificate: z.string().nullable().optional(), signedRequests: z.boolean().optional(), signResponse: z.boolean().optional(),
    encryptAssertions: z.boolean().optional(), allowSha1: z.boolean().optional(), idpInitiated: z.boolean().optional(), relayState: z.string().max(1_000).nullable().optional(),
    realm: identifier.optional(), replyUrls: z.array(address).min(1).max(50).optional(), signOutUrl: address.nullable().optional(), tokenMinutes: z.number().int().min(1).max(60).optional(),
    nameIdFormat: z.enum(['persistent', 'transient', 'email', 'unspecified']).optional(), nameIdExpression: expression.nullable().optional(), attributes: z.array(attribute).max(60).optional(),
  }
}

const common = ['name', 'kind', 'description', 'launchUrl', 'enabled', 'access', 'requiredAssurance', 'nameIdFormat', 'nameIdExpression', 'attributes']
const ofSaml = ['entityId', 'metadata', 'metadataUrl', 'acsUrls', 'sloUrl', 'signingCertificates', 'encryptionCertificate', 'signedRequests', 'signResponse', 'encryptAssertions', 'allowSha1', 'idpInitiated', 'relayState']
const ofWsFed = ['realm', 'replyUrls', 'signOutUrl', 'tokenMinutes']
const federatedOnly: ReadonlySet<string> = new Set([...ofSaml, ...ofWsFed, 'nameIdFormat', 'nameIdExpression', 'attributes'])

type Problem = { path: readonly (string | number)[]; message: string }

/** What does not fit to the kind, or is missing for it. */
export function federatedProblems(given: { readonly kind: string; readonly nameIdFormat?: string | undefined; readonly attributes?: readonly { readonly name: string }[] | undefined }, named: readonly string[]): Problem[] {
  const { kind, attributes = [] } = given
  if (kind !== 'saml' && kind !== 'wsfed') return named.filter((key) => federatedOnly.has(key)).map((key) => ({ path: [key], message: `fits to applications of kind saml or wsfed only, not to ${kind}` }))
  const fitting = new Set([...common, ...(kind === 'saml' ? ofSaml : ofWsFed)])
  const problems: Problem[] = named.filter((key) => !fitting.has(key)).map((key) => ({ path: [key], message: key === 'clientId' ? `does not fit to ${kind}: say ${kind === 'saml' ? 'entityId' : 'realm'} instead` : `does not fit to an application of kind ${kind}` }))
  if (kind === 'saml' && !named.includes('entityId') && !named.includes('metadata')) problems.push({ path: ['entityId'], message: 'is missing: the name by which the application calls itself; metadata may give it instead' })
  if (kind === 'wsfed' && !named.includes('realm')) problems.push({ path: ['realm'], message: 'is missing: the name (wtrealm) by which the application calls itself' })
  if (kind === 'wsfed' && given.nameIdFormat === 'transient') problems.push({ path: ['nameIdFormat'], message: 'must be one of persistent, email, unspecified for a wsfed application' })
  attributes.forEach(({ name }, index) => {
    if (attributes.findIndex((other) => other.name === name) !== index) problems.push({ path: ['attributes', index, 'name'], message: 'is in this list twice' })
  })
  return problems
}
