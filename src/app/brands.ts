import type { Organization, Organizations } from '../directory/index.ts'
import { NotFound } from '../errors.ts'
import { anyone, type Brand, type Routes } from '../http/index.ts'
import type { OrganizationId } from '../storage/index.ts'

interface Colours { readonly kind: 'business' | 'personal'; readonly name: string; readonly slug: string; readonly hue: number | null; readonly hasLogo: boolean; readonly updatedAt: number }

export interface Brands {
  of(organization: Colours): Brand
  ofId(id: OrganizationId): Promise<Brand | undefined>
  /** What a page wears when nobody is known: the only organization's colours, or the product's. */
  default(): Brand
  /** Whether there is an organization at all; before the set-up nobody can sign in. */
  any(): boolean
  /** Reads the only organization again; called at start, after set-up and by a task. */
  refresh(): Promise<void>
  mount(routes: Routes): void
}

const product: Brand = { name: 'Doorward', logoUrl: null, brandHref: null }

/** Names, colours and logos of organizations as pages need them. */
export function createBrands(needs: { organizations: Organizations }): Brands {
  let only: Brand = product
  let any = false
  // Personal accounts share one organization that nobody means: their pages, like their mails, come from the service.
  const of = (organization: Colours): Brand => (organization.kind === 'personal' ? only : {
    name: organization.name,
    logoUrl: organization.hasLogo ? `/brand/${organization.slug}/logo?v=${organization.updatedAt}` : null,
    brandHref: organization.hue === null ? null : `/brand/${organization.slug}/colour.css?v=${organization.updatedAt}`,
  })

  return {
    of,
    async ofId(id) {
      const organization = await needs.organizations.find(id)
      return organization && of(organization)
    },
    default: () => only,
    any: () => any,
    async refresh() {
      const all = (await needs.organizations.list()).filter((organization) => organization.kind === 'business')
      any = all.length > 0
      only = all.length === 1 && all[0] ? of(all[0]) : product
    },
    mount(routes) {
      routes.get('/brand/:slug/colour.css', anyone, async (ctx) => {
        const organization = await needs.organizations.findBySlug(ctx.params['slug'] ?? '')
        if (!organization || organization.hue === null) throw new NotFound()
        ctx.set('Cache-Control', 'public, max-age=31536000, immutable')
        ctx.type = 'css'
        ctx.body = colourSheet(organization)
      })
      routes.get('/brand/:slug/logo', anyone, async (ctx) => {
        const logo = await needs.organizations.logo(ctx.params['slug'] ?? '')
        if (!logo) throw new NotFound()
        ctx.set('Cache-Control', 'public, max-age=31536000, immutable')
        ctx.set('Content-Security-Policy', `default-src 'none'; sandbox`)
        ctx.type = logo.type
        ctx.body = logo.bytes
      })
    },
  }
}

/** Only the hue; the lightness steps of tokens.css keep every pair of colours readable. */
function colourSheet(organization: Organization): string {
  return `@layer tokens { :root { --hue: ${Math.round(organization.hue ?? 0) % 360} } }\n`
}
