import type { Organization, OrganizationSettings } from '../../src/directory/index.ts'
import type { TestApp } from './app.ts'

/** What a person reads of a page: no tags, one blank between words. */
export function textOf(body: string): string {
  return unescape(body.replaceAll(/<(head|noscript)[\s\S]*?<\/\1>/g, ' ').replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ').trim()
}

/** Where the first link leads that carries this text or attribute. */
export function linkOf(body: string, mark: string): string {
  const link = (body.match(/<a\b[^>]*>[\s\S]*?<\/a>/g) ?? []).find((tag) => tag.includes(mark))
  return unescape(/href="([^"]*)"/.exec(link ?? '')?.[1] ?? '')
}

function unescape(html: string): string {
  return html.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#x27;', '\'').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
}

/** A page without what differs from one request to the next: ids, tokens, times and the sum of the security check. */
export function masked(body: string): string {
  return body.replaceAll(/data-token="[^"]*"|name="check_token" value="[^"]*"/g, '…').replaceAll(/[\w-]{22,}/g, '…')
    .replaceAll(/data-(until|wait|seconds)="\d+"/g, '…').replaceAll(/How much is \d+ \+ \d+/g, '…')
}

/** The tag of the field with this name, with all its attributes. */
export function fieldOf(body: string, name: string, value?: string): string {
  const tags = body.match(/<(input|select|textarea|button)\b[^>]*>/g) ?? []
  return tags.find((tag) => tag.includes(` name="${name}"`) && (value === undefined || tag.includes(` value="${value}"`))) ?? ''
}

/** The error that stands at a field, or an empty text. */
export function errorAt(body: string, name: string): string {
  return textOf(new RegExp(`id="${name}-error">([^<]*)<`).exec(body)?.[1] ?? '')
}

/** Sets what an administrator would set. */
export async function changeSettings(app: TestApp, changes: Partial<Omit<OrganizationSettings, 'methods'>> & { methods?: Partial<OrganizationSettings['methods']> }, organization: Organization = app.organization): Promise<void> {
  const { storage, organizations } = app.foundation
  await storage.write(async (tx) => {
    const before = (await organizations.find(organization.id, tx))?.settings ?? organization.settings
    await organizations.update(tx, organization.id, { settings: { ...before, ...changes, methods: { ...before.methods, ...changes.methods } } })
  })
}
