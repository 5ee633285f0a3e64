import { groupKind, schemas, userKind, type ResourceKind } from './attributes.ts'
import { mostResults } from './listing.ts'

export const mostOperations = 1_000
export const bulkBytes = 1_048_576

const messages = 'urn:ietf:params:scim:api:messages:2.0'
const core = 'urn:ietf:params:scim:schemas:core:2.0'

/** RFC 7644 §3.4.2: what every list is wrapped in. */
export function listResponse(resources: readonly unknown[], total: number = resources.length, startIndex = 1) {
  return { schemas: [`${messages}:ListResponse`], totalResults: total, startIndex, itemsPerPage: resources.length, Resources: resources }
}

/** What this server can do (RFC 7643 §5). */
export function serviceProviderConfig(publicUrl: string) {
  return {
    schemas: [`${core}:ServiceProviderConfig`], patch: { supported: true }, bulk: { supported: true, maxOperations: mostOperations, maxPayloadSize: bulkBytes },
    filter: { supported: true, maxResults: mostResults }, changePassword: { supported: false }, sort: { supported: true }, etag: { supported: true },
    authenticationSchemes: [{ type: 'oauthbearertoken', name: 'Bearer token', description: 'A token that an administrator of the organization made, in the Authorization header', specUri: 'https://www.rfc-editor.org/info/rfc6750', primary: true }],
    meta: { resourceType: 'ServiceProviderConfig', location: `${publicUrl}/scim/v2/ServiceProviderConfig` },
  }
}

/** RFC 7643 §6. */
export function resourceTypes(publicUrl: string) {
  return [userKind, groupKind].map((kind) => resourceType(kind, publicUrl))
}

function resourceType({ name, endpoint, description, schema, extensions }: ResourceKind, publicUrl: string) {
  return {
    schemas: [`${core}:ResourceType`], id: name, name, endpoint, description, schema: schema.id, schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })),
    meta: { resourceType: 'ResourceType', location: `${publicUrl}/scim/v2/ResourceTypes/${name}` },
  }
}

/** RFC 7643 §7: every attribute with its characteristics. */
export function schemaList(publicUrl: string) {
  return schemas.map((schema) => ({ schemas: [`${core}:Schema`], ...schema, meta: { resourceType: 'Schema', location: `${publicUrl}/scim/v2/Schemas/${schema.id}` } }))
}
