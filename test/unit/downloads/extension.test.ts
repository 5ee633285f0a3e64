import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { strFromU8, unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { createExtension, policyOf, updateManifest, type ExtensionBrowser } from '../../../src/downloads/index.ts'
import { idOf } from '../../../src/downloads/identity.ts'
import { createAssets } from '../../../src/http/index.ts'

const projectFolder = fileURLToPath(new URL('../../..', import.meta.url))
const publicUrl = 'https://id.engines.example'
const make = (seed = Buffer.alloc(32, 7)) => createExtension({ assets: createAssets({ assetFolder: `${projectFolder}views/assets`, browserFolder: `${projectFolder}src/browser` }), projectFolder, publicUrl, seed })
const extension = make()
const json = (browser: ExtensionBrowser, path: string) => JSON.parse(String(extension.files(browser).get(path))) as Record<string, unknown>
const browsers = ['chrome', 'firefox'] as const

describe('the extension that people download', () => {
  it('S53 S96 is a zip of the same bytes at every start, with the checksum of those bytes', () => {
    for (const browser of browsers) {
      const [one, other] = [extension.download(browser), make().download(browser)]
      expect(one.body.equals(other.body), browser).toBe(true)
      expect(one.sha256).toBe(createHash('sha256').update(one.body).digest('hex'))
      const inside = unzipSync(one.body)
      expect(Object.keys(inside)).toEqual([...extension.files(browser).keys()].sort())
      expect(strFromU8(inside['server.json'] ?? new Uint8Array())).toContain(publicUrl)
    }
  })

  it('may do exactly what it needs, and asks for pages only later', () => {
    expect(json('chrome', 'manifest.json')).toMatchObject({ manifest_version: 3, permissions: ['webAuthenticationProxy', 'storage', 'alarms', 'scripting'], optional_permissions: ['tabs'], optional_host_permissions: ['<all_urls>'] })
    expect(json('firefox', 'manifest.json')['optional_permissions']).toBeUndefined()
    expect(json('firefox', 'manifest.json')).toMatchObject({ manifest_version: 3, permissions: ['storage', 'alarms', 'scripting'], optional_host_permissions: ['<all_urls>'], browser_specific_settings: { gecko: { id: 'pairing@doorward', data_collection_permissions: { required: ['authenticationInfo'] } } } })
    for (const browser of browsers) {
      const manifest = json(browser, 'manifest.json')
      for (const name of ['host_permissions', 'content_scripts', 'externally_connectable', 'web_accessible_resources']) expect(manifest[name], `${browser} ${name}`).toBeUndefined()
      expect(manifest['version']).toBe((JSON.parse(readFileSync(`${projectFolder}package.json`, 'utf8')) as { version: string }).version)
    }
  })

  it('brings every file along that its code names, and no code from elsewhere', () => {
    for (const browser of browsers) {
      const files = extension.files(browser)
      const code = [...files].filter(([path]) => path.endsWith('.js'))
      expect(code.length).toBeGreaterThan(20)
      for (const [path, body] of code) {
        for (const [, target = ''] of String(body).matchAll(/(?:\bfrom|^import) '([^']+)'/gm)) {
          expect(target, path).toMatch(/^\.\.?\//)
          expect([...files.keys()], `${path} → ${target}`).toContain(new URL(target, `https://x.example/${path}`).pathname.slice(1))
        }
        if (!path.startsWith('vendor/')) expect(String(body), path).not.toMatch(/\bimport\('http|innerHTML|\beval\(|new Function/)
      }
      for (const path of ['extension/page.js', 'extension/bridge.js']) expect(String(files.get(path)), path).not.toMatch(/^(?:import|export)\s/m)
      for (const [, target = ''] of String(files.get('extension/popup.html')).matchAll(/(?:href|src)="([^"]+)"/g)) expect([...files.keys()]).toContain(new URL(target, 'https://x.example/extension/popup.html').pathname.slice(1))
      expect([...files.keys()].filter((path) => path.endsWith('LICENSE'))).toEqual(['vendor/qr/LICENSE', 'vendor/tldts/LICENSE'])
    }
  })

  it('S125 speaks three languages, with the same texts and places in each', () => {
    const messages = ['en', 'de', 'fa'].map((locale) => json('chrome', `_locales/${locale}/messages.json`) as Record<string, { message: string; placeholders?: object }>)
    const [english = {}] = messages
    expect(english['home_paired']).toEqual({ message: 'Paired with $MODEL$', placeholders: { model: { content: '$1' } } })
    expect(english['pair_digits_whose']?.placeholders).toEqual({ email: { content: '$1' }, model: { content: '$2' } })
    for (const other of messages) {
      expect(Object.keys(other)).toEqual(Object.keys(english))
      for (const [name, { message, placeholders }] of Object.entries(other)) {
        expect(name).toMatch(/^\w+$/)
        expect(placeholders, name).toEqual(english[name]?.placeholders)
        expect(message, name).not.toMatch(/\{\w+\}/)
      }
    }
  })

  it('has an id that comes from the installation, so that a policy can name it', () => {
    const { key } = json('chrome', 'manifest.json') as { key: string }
    expect(extension.id).toMatch(/^[a-p]{32}$/)
    expect(idOf(Buffer.from(key, 'base64'))).toBe(extension.id)
    expect(make().id).toBe(extension.id)
    expect(make(Buffer.alloc(32, 8)).id).not.toBe(extension.id)
  })

  it('is signed for managed browsers, and what is changed afterwards is not', () => {
    const packed = extension.packed()
    expect([packed.subarray(0, 4).toString(), packed.readUInt32LE(4)]).toEqual(['Cr24', 3])
    const length = packed.readUInt32LE(8)
    const [header, archive] = [packed.subarray(12, 12 + length), packed.subarray(12 + length)]
    expect(archive.equals(extension.download('chrome').body)).toBe(true)
    const { key } = json('chrome', 'manifest.json') as { key: string }
    const spki = Buffer.from(key, 'base64')
    const at = header.indexOf(spki) + spki.length
    const signature = header.subarray(at + 2, at + 2 + (header[at + 1] ?? 0))
    const signedData = header.subarray(header.length - 18)
    const size = Buffer.alloc(4)
    size.writeUInt32LE(signedData.length)
    const signed = (body: Buffer): boolean => verify('sha256', Buffer.concat([Buffer.from('CRX3 SignedData\0'), size, signedData, body]), createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature)
    expect(signed(archive)).toBe(true)
    const changed = Buffer.from(archive)
    changed[100] = (changed[100] ?? 0) ^ 1
    expect(signed(changed)).toBe(false)
  })

  it('comes with policies that name it and where it lies', () => {
    const { chromium, chromiumManaged, firefox, firefoxUnsigned, updateAddress } = policyOf(extension, publicUrl)
    expect(JSON.parse(chromium)).toMatchObject({ ExtensionInstallForcelist: [`${extension.id};${updateAddress}`], ExtensionSettings: { [extension.id]: { installation_mode: 'force_installed', update_url: updateAddress } } })
    expect(JSON.parse(chromiumManaged)).toEqual({ '3rdparty': { extensions: { [extension.id]: { server: publicUrl, use: 'always' } } } })
    expect(firefox).toContain(`${publicUrl}/downloads/${extension.download('firefox').name}`)
    expect(firefox).not.toContain('xpinstall')
    expect(JSON.parse(firefoxUnsigned)).toMatchObject({ policies: { Preferences: { 'xpinstall.signatures.required': { Value: false, Status: 'locked' } }, ExtensionSettings: { '*': { installation_mode: 'blocked' } } } })
    expect(updateManifest({ id: extension.id, version: '1.2.3', address: `${publicUrl}/x.crx` })).toContain(`<app appid="${extension.id}"><updatecheck codebase="${publicUrl}/x.crx" version="1.2.3"/>`)
  })
})
