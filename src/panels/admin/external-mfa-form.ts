import { webAddressProblem } from '../../applications/index.ts'
import { readName } from '../../directory/index.ts'
import type { Form } from '../../http/index.ts'
import { clouds, readGuid, type Connection, type NewConnection } from '../../protocols/external-mfa/index.ts'

/** The form as typed; what is wrong stays in it. */
export interface ExternalMfaValues {
  readonly name: string
  readonly cloud: string
  readonly loginOrigin: string
  readonly tenantId: string
  readonly appId: string
  readonly enabled: boolean
  readonly linksAtSignIn: boolean
  readonly maxAge: string
}

const fields = ['name', 'login_origin', 'tenant_id', 'app_id'] as const
export type ExternalMfaErrors = Readonly<Record<(typeof fields)[number], string | null>>

/** How old a proof may be, in seconds. */
export const maxAges = ['0', '900', '3600', '14400', '28800'] as const

export interface ReadExternalMfa {
  readonly values: ExternalMfaValues
  readonly errors: ExternalMfaErrors
  /** Undefined where there is an error. */
  readonly connection: (NewConnection & { readonly enabled: boolean }) | undefined
}

export const noExternalMfaErrors: ExternalMfaErrors = { name: null, login_origin: null, tenant_id: null, app_id: null }

export function externalMfaValues(connection?: Connection): ExternalMfaValues {
  if (!connection) return { name: '', cloud: 'public', loginOrigin: '', tenantId: '', appId: '', enabled: true, linksAtSignIn: true, maxAge: '0' }
  const { name, cloud, loginOrigin, tenantId, appId, enabled, linksAtSignIn, maxAgeSeconds } = connection
  return { name, cloud, loginOrigin: loginOrigin ?? '', tenantId, appId, enabled, linksAtSignIn, maxAge: String(maxAgeSeconds) }
}

/** @param before the connection that is changed; its tenant stays: links belong to people of that one */
export function readExternalMfaForm(form: Form, before?: Connection): ReadExternalMfa {
  const values: ExternalMfaValues = {
    name: form.text('name'), cloud: clouds.find((cloud) => cloud === form.text('cloud')) ?? 'public', loginOrigin: form.text('login_origin').replace(/\/$/, ''),
    tenantId: before?.tenantId ?? form.text('tenant_id'), appId: form.text('app_id'), enabled: before === undefined || form.checked('enabled'), linksAtSignIn: form.checked('links_at_sign_in'),
    maxAge: maxAges.find((seconds) => seconds === form.text('max_age')) ?? '0',
  }
  const name = readName(values.name)
  const [tenantId, appId] = [readGuid(values.tenantId), readGuid(values.appId)]
  const cloud = clouds.find((one) => one === values.cloud) ?? 'public'
  const errors: ExternalMfaErrors = {
    name: name === undefined ? 'admin.external_mfa.error.name' : null,
    login_origin: cloud === 'custom' && !isOrigin(values.loginOrigin) ? 'admin.external_mfa.error.login_origin' : null,
    tenant_id: tenantId === undefined ? 'admin.external_mfa.error.guid' : null,
    app_id: appId === undefined ? 'admin.external_mfa.error.guid' : null,
  }
  if (name === undefined || tenantId === undefined || appId === undefined || errors.login_origin !== null) return { values, errors, connection: undefined }
  return {
    values, errors,
    connection: { name, cloud, loginOrigin: cloud === 'custom' ? values.loginOrigin : null, tenantId, appId, enabled: values.enabled, linksAtSignIn: values.linksAtSignIn, maxAgeSeconds: Number(values.maxAge) },
  }
}

/** Scheme, host and port, and nothing else. */
function isOrigin(text: string): boolean {
  return webAddressProblem(text) === undefined && new URL(text).origin === text
}
