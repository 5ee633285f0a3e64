/** RFC 7644 §3.12, table 9: which rule a request broke, for machines. */
export type ScimType = 'invalidFilter' | 'tooMany' | 'uniqueness' | 'mutability' | 'invalidSyntax' | 'invalidPath' | 'noTarget' | 'invalidValue' | 'invalidVers'

/** A refusal in SCIM's own form. The detail is for the administrator who reads the other side's log: it says what to change. */
export class ScimError extends Error {
  override readonly name = 'ScimError'
  readonly status: number
  readonly scimType: ScimType | undefined

  constructor(status: number, detail: string, scimType?: ScimType) {
    super(detail)
    this.status = status
    this.scimType = scimType
  }
}

export const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error'

/** The body of RFC 7644 §3.12; the status is a text there. */
export function errorBody(status: number, detail: string, scimType?: ScimType) {
  return { schemas: [errorSchema], status: String(status), ...(scimType ? { scimType } : {}), detail }
}

export const invalidValue = (detail: string): ScimError => new ScimError(400, detail, 'invalidValue')
export const invalidSyntax = (detail: string): ScimError => new ScimError(400, detail, 'invalidSyntax')
export const notFound = (id: string): ScimError => new ScimError(404, `There is no resource ${JSON.stringify(id.slice(0, 100))} here.`)
