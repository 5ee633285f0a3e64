import { knownAttribute, webAddressProblem, type AttributeRule } from '../../../applications/index.ts'
import { attribute, prefixes, type XmlElement } from '../../xml/index.ts'
import { childrenIn, findEntity, firstText } from './entities.ts'
import { problem, type MetadataAnswer, type MetadataProblem } from './problems.ts'

const { md, fed, wsa, auth, xsi } = prefixes

export interface PassiveApplication {
  readonly realm: string
  readonly name: string
  readonly replyUrls: readonly string[]
  readonly requestedAttributes: readonly AttributeRule[]
}

/**
 * Reads the metadata of an application that speaks WS-Federation (WS-Federation 1.2 §3.1): its realm is the entity ID, its reply
 * addresses are those of the passive endpoint.
 */
export function readPassiveApplication(root: XmlElement, options: { readonly now: number; readonly wanted?: string | undefined }): MetadataAnswer<PassiveApplication> {
  const { found, problems } = findEntity(root, options.wanted, options.now, (element) => roleOf(element) !== undefined, 'no_application')
  const role = found && roleOf(found.element)
  if (!found || !role) return { found: null, problems }
  const notes: MetadataProblem[] = []
  const endpoints = ['PassiveRequestorEndpoint', 'ApplicationServiceEndpoint'].flatMap((name) => childrenIn(role, fed, name))
  const addresses = endpoints.flatMap((one) => childrenIn(one, wsa, 'EndpointReference')).map((one) => firstText(one, wsa, 'Address'))
  const replyUrls = [...new Set(addresses)].filter((url) => {
    const usable = webAddressProblem(url) === undefined
    if (!usable) notes.push(problem('skipped_address', url))
    return usable
  })
  if (replyUrls.length === 0) return { found: null, problems: [problem('no_reply', found.entityId), ...notes] }
  const claims = childrenIn(role, fed, 'ClaimTypesRequested').flatMap((one) => childrenIn(one, auth, 'ClaimType'))
  return {
    found: {
      realm: found.entityId, name: (attribute(role, 'ServiceDisplayName') ?? '').slice(0, 100), replyUrls: replyUrls.slice(0, 50),
      requestedAttributes: claims.flatMap((claim) => {
        const uri = attribute(claim, 'Uri') ?? ''
        const rule = knownAttribute(uri, null)
        if (!rule) notes.push(problem('requested_attribute', uri))
        return rule ?? []
      }).slice(0, 60),
    },
    problems: notes,
  }
}

/** The type is a qualified name; its prefix is gone with the document, and no other standard has a type of this name. */
function roleOf(entity: XmlElement): XmlElement | undefined {
  return childrenIn(entity, md, 'RoleDescriptor').find((role) => attribute(role, 'type', xsi)?.replace(/^[^:]*:/, '') === 'ApplicationServiceType')
}
