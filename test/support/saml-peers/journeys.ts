import { inflateRawSync } from 'node:zlib'
import type { Page, Request } from 'playwright-core'
import type { Peer } from './scene.ts'

/** What a peer believes of its visitor. */
export interface Visitor { readonly nameId: string; readonly mail: string; readonly givenName: string; readonly sn: string; readonly displayName: string }

const protectedPage = ({ url }: Peer): string => `${url}/secure/`

/** Opens the protected page as a stranger and signs in with a touch of the key. */
export async function signInAt(page: Page, peer: Peer): Promise<Visitor> {
  await page.goto(protectedPage(peer))
  await page.getByText(`to continue to ${peer.application.name}`).waitFor()
  await touchKey(page)
  return visitorOf(page, peer)
}

/** On Doorward's page, once its scripts are there: the pages of some peers are only on the way to it. */
export async function touchKey(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Sign in with a security key' })
  await button.waitFor()
  await page.waitForLoadState()
  await button.click()
}

/** Opens the protected page as somebody whom Doorward knows already: nothing is asked. */
export async function walkIn(page: Page, peer: Peer): Promise<Visitor> {
  await page.goto(protectedPage(peer))
  return visitorOf(page, peer)
}

async function visitorOf(page: Page, peer: Peer): Promise<Visitor> {
  await page.getByText(`Welcome to ${peer.name}`).waitFor()
  const response = await page.reload()
  const headers = response?.headers() ?? {}
  const of = (name: string): string => headers[`x-${name}`] ?? ''
  return { nameId: of('name-id'), mail: of('mail'), givenName: of('givenname'), sn: of('sn'), displayName: of('displayname') }
}

/** Whether the protected page leads to Doorward's sign-in: neither of the two knows the person. */
export async function isStranger(page: Page, peer: Peer, doorward: string): Promise<boolean> {
  await page.goto(protectedPage(peer))
  const stranger = page.getByText(`to continue to ${peer.application.name}`)
  await stranger.or(page.getByText(`Welcome to ${peer.name}`)).waitFor()
  return (await stranger.count()) === 1 && page.url().startsWith(`${doorward}/signin`)
}

/** Whether the peer itself still knows its visitor, without asking Doorward. */
export async function isKnownAt(page: Page, peer: Peer): Promise<boolean> {
  const cookies = (await page.context().cookies(peer.url)).map(({ name, value }) => `${name}=${value}`).join('; ')
  const { status, body } = await peer.get('/secure/', cookies)
  return status === 200 && body.includes(`Welcome to ${peer.name}`)
}

/**
 * Signs out where the peer offers it, and comes back.
 * @returns the status codes of the LogoutResponse that the peer received, outermost first
 */
export async function leaveFrom(page: Page, peer: Peer): Promise<string[]> {
  const answers: string[][] = []
  const listen = (request: Request): void => {
    if (request.isNavigationRequest() && request.url().startsWith(`${peer.url}/`)) answers.push(statusesIn(responseIn(request)))
  }
  page.on('request', listen)
  try {
    await page.goto(peer.logoutUrl)
    await page.getByText('Nobody in particular').waitFor()
  } finally {
    page.off('request', listen)
  }
  return answers.flat()
}

/** Signs out in Doorward's own panel and waits until every application has answered in its frame. */
export async function leaveFromDoorward(page: Page, doorward: string, peers: readonly Peer[]): Promise<void> {
  await page.goto(`${doorward}/`)
  const told = peers.map((peer) => page.waitForResponse((response) => response.url().startsWith(`${doorward}/saml/slo`) && response.frame().parentFrame() !== null && responseIn(response.request()).includes(`>${peer.entityId}<`)))
  await page.locator('form[action="/signout"] button').first().evaluate((button: { click(): void }) => { button.click() })
  await page.waitForURL(`${doorward}/signed-out/*`)
  await Promise.all(told)
}

const statusesIn = (message: string): string[] => [...message.matchAll(/StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:(\w+)"/g)].map(([, name = '']) => name)

/** The SAMLResponse that a request carries by Redirect or by POST; empty when it carries none. */
function responseIn(request: Request): string {
  const [inQuery, inForm] = [new URL(request.url()).searchParams.get('SAMLResponse'), request.method() === 'POST' ? new URLSearchParams(request.postData() ?? '').get('SAMLResponse') : null]
  return inQuery === null ? Buffer.from(inForm ?? '', 'base64').toString() : inflateRawSync(Buffer.from(inQuery, 'base64')).toString()
}
