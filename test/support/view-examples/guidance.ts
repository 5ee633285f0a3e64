import type { Views } from '../../../src/http/index.ts'
import { defaultSettings } from '../../../src/directory/index.ts'
import { crossDevicePractices, crossDeviceWays } from '../../../src/panels/admin/cross-device.ts'
import { topicPage, topics } from '../../../src/panels/guidance/index.ts'

type Pages = { [N in Extract<keyof Views, `guidance/${string}` | 'admin/cross-device' | 'admin/first-steps' | 'admin/first-step'>]: Views[N] }

const addresses = { address: 'https://id.engines.example/phone/', codeAddress: 'https://id.engines.example/phone/activate' }
const pages = topics.map((topic) => ({ name: topic.name, page: { ...topicPage(topic), ...addresses } }))
const [first] = pages
if (!first) throw new Error('there is no topic')
const files = ['chrome', 'firefox'].map((browser) => ({ id: `sum-${browser}`, labelKey: `downloads.tool_${browser}`, href: `/downloads/doorward-extension-0.1.0-${browser}.zip`, name: `doorward-extension-0.1.0-${browser}.zip`, sha256: '5e'.repeat(32), size: 120 }))
const downloads = { address: addresses.address, picture: '/downloads/phone.svg', version: '0.1.0', files }
const limits = { seconds: 120, shown: 120, requests: 3, hours: 24 }
const field = (locale: string, language: string, value: string) => ({ name: `text_${locale}`, locale, language, value, paragraphs: value.split('\n\n').filter((text) => text !== ''), error: null })
const texts = (name: string) => ({ name, titleKey: `start.step.${name}.title`, textKey: `start.step.${name}.text` })

export const guidanceExamples: Pages = {
  'guidance/help': { topics: pages.map(({ page }) => page) },
  'guidance/topic': first.page,
  'guidance/downloads': { ...downloads, signedIn: false },
  'guidance/roll-out': { id: 'a'.repeat(32), updateAddress: 'https://id.engines.example/downloads/extension-update.xml', chromium: '{ "ExtensionInstallForcelist": [] }', chromiumManaged: '{ "3rdparty": {} }', firefox: '{ "policies": {} }', firefoxUnsigned: '{ "policies": { "Preferences": {} } }' },
  'admin/cross-device': { ways: crossDeviceWays({ ...defaultSettings.methods, phoneCode: false }), practices: crossDevicePractices, near: false, push: true, mayWrite: true, limits },
  'admin/first-steps': { steps: [{ ...texts('app'), languages: [] }, { ...texts('microsoft'), languages: ['English', 'German'] }], mayWrite: true },
  'admin/first-step': { ...texts('microsoft'), fields: [field('en', 'English', 'Ask <Grace> in room 7.\n\nShe has the keys.'), field('fa', 'Persian', 'از گریس بپرسید.'), field('de', 'German', '')], previewed: true, errors: { text_en: null, text_fa: null, text_de: null }, hasErrors: false },
}

export const guidanceVariants = {
  'guidance/topic': Object.fromEntries(pages.slice(1).map(({ name, page }) => [name, page])),
  'guidance/downloads': { 'signed in': { ...downloads, signedIn: true } },
  'admin/cross-device': { 'all off, to look at': { ways: crossDeviceWays({ ...defaultSettings.methods, phone: false }), practices: crossDevicePractices, near: true, push: false, mayWrite: false, limits } },
  'admin/first-step': { 'too long': { ...texts('app'), fields: [{ ...field('en', 'English', 'long'), error: 'admin.first_steps.error.long' }], previewed: false, errors: { text_en: 'admin.first_steps.error.long' }, hasErrors: true } },
}
