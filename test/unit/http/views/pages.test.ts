import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createAssets, createViews, type PageContext, type Views } from '../../../../src/http/index.ts'
import { directionOf } from '../../../../src/http/views/index.ts'
import { readHtml, type Element } from '../../../support/html.ts'
import { filesUnder } from '../../../support/locale-keys.ts'
import { viewExamples } from '../../../support/view-examples/index.ts'
import { moment } from '../../../support/view-examples/moment.ts'

const project = fileURLToPath(new URL('../../../..', import.meta.url))
const assets = createAssets({ assetFolder: `${project}views/assets`, browserFolder: `${project}src/browser` })
const views = createViews({ folder: `${project}views`, defaultLocale: 'en', assetUrl: (name) => assets.url(name), now: () => moment })
const pages = views.names.filter((name) => !name.startsWith('email/'))

/** What a page knows besides its model: with everything there is, and with nothing. */
function surroundings(locale: string, rich: boolean): PageContext {
  const ground = { locale, dir: directionOf(locale), csrf: 'token-of-this-browser', path: '/security', requestId: 'r4nD0m', navLabel: 'nav.account' }
  if (!rich) {
    return {
      ...ground, theme: null, timeZone: 'UTC', organization: { name: 'Doorward', logoUrl: null, brandHref: null }, user: null, nav: [], notice: null, banner: null, locales: [], faceSwitch: null,
      links: { help: null, privacy: null, terms: null },
    }
  }
  return {
    ...ground, theme: 'dark', timeZone: 'Asia/Tehran', organization: { name: 'Engines & <Sons> "Ltd"', logoUrl: '/logo/engines/1', brandHref: '/brand/engines/220.css' },
    user: { name: 'Ada <b>Lovelace</b>', email: 'ada@example.com', initials: 'AL' },
    nav: [{ href: '/', label: 'nav.apps', icon: 'apps', current: false }, { href: '/security', label: 'nav.security', icon: 'shield', current: true }],
    notice: { kind: 'success', text: 'Saved <at last>.' }, banner: { text: 'No mail server is configured.', href: '/admin/settings', linkText: 'See the mail' },
    locales: ['de', 'en', 'fa'].map((tag) => ({ tag, name: tag, current: tag === locale })), faceSwitch: { href: '/admin', labelKey: 'nav.administration' },
    links: { help: 'https://help.example.com/', privacy: 'https://example.com/privacy', terms: 'https://example.com/terms' },
  }
}

/** Pages with code of their own. */
const scripts: Partial<Record<keyof Views, readonly string[]>> = { 'phone/app': ['phone/main.js'], 'phone/activation': ['elements/main.js', 'phone/activation.js'] }
const of = (elements: readonly Element[], ...names: string[]): Element[] => elements.filter(({ name }) => names.includes(name))
const describeElement = ({ name, attributes }: Element): string => `<${name} ${Object.entries(attributes).map(([key, value]) => `${key}="${value}"`).join(' ')}>`
/** Every text anywhere in a model. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

describe.each(views.locales)('every page in %s', (locale) => {
  describe.each([['with all around it', true], ['with nothing around it', false]] as const)('%s', (_title, rich) => {
    it.each(viewExamples.map(({ name, page, model }) => [name, page, model] as const))('S125 SEC-13 %s is whole, labelled and inert', (_name, page, model) => {
      const around = surroundings(locale, rich)
      const source = views.page(page, model as never, around)
      const elements = readHtml(source)
      expect(source).not.toMatch(/\bundefined\b|\[object|\{\{|\bNaN\b|Invalid Date/)

      const [root] = elements
      expect(root).toMatchObject({ name: 'html', attributes: { lang: locale, dir: directionOf(locale) } })
      expect(of(elements, 'h1').map(({ text }) => text.trim())).toEqual([expect.stringMatching(/\S/)])
      expect(of(elements, 'title').map(({ text }) => text)).toEqual([expect.stringMatching(/^\S.* – \S/)])
      expect(of(elements, 'main')).toHaveLength(1)

      const ids = elements.flatMap(({ attributes }) => attributes['id'] ?? [])
      expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
      const referred = elements.flatMap(({ attributes }) => ['for', 'aria-labelledby', 'aria-describedby', 'aria-controls'].flatMap((name) => attributes[name]?.split(' ') ?? []))
      expect(referred.filter((id) => !ids.includes(id))).toEqual([])

      // Nothing that the content security policy would have to allow (SEC-13).
      expect(elements.filter(({ attributes }) => Object.keys(attributes).some((name) => name === 'style' || name.startsWith('on'))).map(describeElement)).toEqual([])
      expect(of(elements, 'style', 'object', 'embed', 'base')).toEqual([])
      // Only a sign-out opens other pages in frames, and names each for whoever cannot see it.
      for (const frame of of(elements, 'iframe')) expect([page, frame.attributes['title']]).toEqual(['signin/signed-out', expect.stringMatching(/\S/)])
      expect(of(elements, 'script').map(({ attributes, text }) => ({ ...attributes, text }))).toEqual((scripts[page] ?? ['elements/main.js']).map((name) => ({ type: 'module', src: assets.url(name), text: '' })))

      const labels = new Set(of(elements, 'label').map(({ attributes }) => attributes['for']))
      const fields = of(elements, 'input', 'select', 'textarea').filter(({ attributes }) => attributes['type'] !== 'hidden')
      expect(fields.filter(({ attributes }) => !labels.has(attributes['id'] ?? '') && attributes['aria-label'] === undefined).map(describeElement)).toEqual([])
      expect(of(elements, 'label', 'legend', 'button', 'summary', 'th').filter(({ text, attributes }) => text.trim() === '' && !attributes['aria-label']).map(describeElement)).toEqual([])
      expect(of(elements, 'a').filter((link) => link.text.trim() === '').map(describeElement)).toEqual([])
      expect(of(elements, 'img').filter(({ attributes }) => !('alt' in attributes)).map(describeElement)).toEqual([])
      expect(of(elements, 'button').filter(({ attributes }) => !['submit', 'button'].includes(attributes['type'] ?? '')).map(describeElement)).toEqual([])
    })

    it.each(viewExamples.map(({ name, page, model }) => [name, page, model] as const))('S126 SEC-14 SEC-67 %s leads only to us or to where its data says, and its forms carry the token', (_name, page, model) => {
      const around = surroundings(locale, rich)
      const elements = readHtml(views.page(page, model as never, around))
      const given = new Set(textsOf([model, around]))
      const ours = (address: string): boolean => /^(\/(?![/\\])|#[\w-]+$|\?)/.test(address) || given.has(address)
      for (const attribute of ['href', 'src', 'action', 'formaction', 'data-options-url']) {
        expect(elements.flatMap(({ attributes }) => attributes[attribute] ?? []).filter((address) => !ours(address))).toEqual([])
      }
      const anchors = of(elements, 'a').map(({ attributes }) => attributes['href'] ?? '').filter((address) => address.startsWith('#')).map((address) => address.slice(1))
      expect(anchors.filter((id) => !elements.some(({ attributes }) => attributes['id'] === id))).toEqual([])
      expect(of(elements, 'a').filter(({ attributes }) => attributes['target'] !== undefined && !/\bnoopener\b/.test(attributes['rel'] ?? '')).map(describeElement)).toEqual([])

      const posts = of(elements, 'form').filter(({ attributes }) => attributes['method'] === 'post' && (attributes['action'] ?? '/').startsWith('/'))
      const bare = posts.filter((form) => !elements.some(({ name, attributes, ancestors }) => name === 'input' && ancestors.includes(form)
        && (attributes['name'] === 'csrf' ? attributes['value'] === around.csrf : attributes['name'] === 'xsrf')))
      expect(bare.map(describeElement)).toEqual([])
    })
  })
})

describe('the templates', () => {
  it('are shown with an example each, and every example has its template', () => {
    expect([...new Set(viewExamples.map(({ page }) => page as string))].sort()).toEqual(pages.sort())
  })

  it('SEC-82 put no value out unescaped, and choose no partial by a value', () => {
    for (const { path, source } of filesUnder('views', '.hbs')) {
      expect(source, path).not.toMatch(/\{\{\{|\{\{&|\{\{~\{|\{\{>\s*\(/)
    }
  })

  it('SEC-13 carry no script and, but for mails, no style of their own', () => {
    for (const { path, source } of filesUnder('views', '.hbs')) {
      const tags = source.replaceAll(/\{\{[^}]*\}\}/g, '')
      expect(tags, path).not.toMatch(/\son[a-z]+\s*=|javascript:|<script(?! type="module" src=")/i)
      if (!/^views\/(email\/|layouts\/email)/.test(path)) expect(tags, path).not.toMatch(/\sstyle\s*=|<style/i)
    }
  })

  it('S125 show code from left to right in every language', () => {
    const blocks = filesUnder('views', '.hbs').flatMap(({ path, source }) => [...source.matchAll(/<pre class="([^"]*)"/g)].map(([, names = '']) => ({ path, names: names.split(' ') })))
    expect(blocks.length).toBeGreaterThan(8)
    expect(blocks.filter(({ names }) => !names.includes('ltr') && !names.includes('letter'))).toEqual([])
  })

  it('use every partial that is there, and only icons that are', () => {
    const sources = filesUnder('views', '.hbs')
    const all = [...sources, ...filesUnder('src', '.ts')].map(({ source }) => source).join('\n')
    const partials = sources.map(({ path }) => /^views\/partials\/(.+)\.hbs$/.exec(path)?.[1]).filter((name) => name !== undefined)
    expect(partials.filter((name) => !new RegExp(`\\{\\{#?> ${name}[\\s}]`).test(all))).toEqual([])
    const icons = [...readFileSync(`${project}views/assets/icons/sprite.svg`, 'utf8').matchAll(/<symbol id="([\w-]+)"/g)].map(([, id = '']) => id)
    const named = [...all.matchAll(/\{\{> icon name="([\w-]+)"|\bicon: '([\w-]+)'|sprite\.svg"\}\}#([\w-]+)"/g)].map(([, inPartial, inSource, inMark]) => inPartial ?? inSource ?? inMark ?? '')
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter((id) => !icons.includes(id))).toEqual([])
  })

  it('SEC-82 show what a person typed as text, whatever it says', () => {
    const hostile = ['"><script>alert(1)</script>', '\'"><img src=x onerror=alert(1)>', '{{constructor}}', '{{{csrf}}}', '</title><svg onload=alert(1)>', '&lt;b&gt;', '`${1}`', '**bold** <b>']
    for (const text of hostile) {
      const page = views.page('account/profile', { ...exampleOf('account/profile'), name: text, email: text }, surroundings('en', true))
      const elements = readHtml(page)
      expect(elements.filter(({ name }) => name === 'script')).toHaveLength(1)
      expect(elements.some(({ name, text: shown }) => name === 'dd' && shown === text)).toBe(true)
      const form = readHtml(views.page('account/profile-name', { ...exampleOf('account/profile-name'), givenName: text }, surroundings('fa', false)))
      expect(form.find(({ attributes }) => attributes['id'] === 'given_name')?.attributes['value']).toBe(text)
    }
  })
})

function exampleOf<N extends keyof Views>(page: N): Views[N] {
  const example = viewExamples.find(({ name }) => name === page)
  if (!example) throw new Error(`there is no example of ${page}`)
  return example.model as Views[N]
}
