import type { Views } from '../../../src/http/index.ts'
import { flowsAcross } from '../../../src/panels/admin/cross-device.ts'

type Pages = { [N in Extract<keyof Views, `guidance/${string}` | 'admin/cross-device' | 'admin/first-steps' | 'admin/first-step'>]: Views[N] }

const topic = (id: string, icon: string) => ({ id, icon, titleKey: `help.topic.${id}.title`, textKey: `help.topic.${id}.text` })
const others = [topic('activate', 'qr'), topic('lost-phone', 'warning'), topic('microsoft', 'apps')]
const texts = (name: string) => ({ titleKey: `start.step.${name}.title`, textKey: `start.step.${name}.text` })
const step = { paragraphs: [], href: null, help: '/help/activate' }

export const guidanceExamples: Pages = {
  'guidance/help': { topics: [topic('phone-app', 'phone'), ...others] },
  'guidance/topic': { ...topic('approve', 'check'), steps: [1, 2, 3, 4].map((number) => `help.topic.approve.step.${number}`), others },
  'guidance/downloads': { appLink: 'https://id.engines.example/phone/', picture: '/downloads/phone.svg', signedIn: false },
  'guidance/start': {
    open: 2,
    steps: [
      { ...step, ...texts('app'), name: 'app', ordinal: 1, state: 'done' }, { ...step, ...texts('tool'), name: 'tool', ordinal: 2, state: 'not_needed' }, { ...step, ...texts('activate'), name: 'activate', ordinal: 3, state: 'waiting', href: '/security/phones/new' },
      { ...step, ...texts('microsoft'), name: 'microsoft', ordinal: 5, state: 'open', href: '/microsoft-365', paragraphs: ['Ask <Grace> in room 7.', 'She has the keys.'] },
    ],
  },
  'admin/cross-device': { flows: flowsAcross({ phone: true, phoneCode: false }), phone: true, phoneCode: false, phoneNear: false, push: false, mayWrite: true },
  'admin/first-steps': { steps: [{ name: 'app', own: false, ...texts('app') }, { name: 'microsoft', own: true, ...texts('microsoft') }], mayWrite: true },
  'admin/first-step': { name: 'microsoft', ...texts('microsoft'), text: 'Ask Grace in room 7.', errors: { text: null }, hasErrors: false },
}

export const guidanceVariants = {
  'guidance/downloads': { 'signed in': { appLink: 'https://id.engines.example/phone/', picture: '/downloads/phone.svg', signedIn: true } },
  'guidance/start': { 'all done': { open: 0, steps: [{ ...step, ...texts('app'), name: 'app', ordinal: 1, state: 'done' }] } },
  'admin/cross-device': { 'all off, to look at': { flows: flowsAcross({ phone: false, phoneCode: true }), phone: false, phoneCode: true, phoneNear: true, push: true, mayWrite: false } },
  'admin/first-step': { 'too long': { name: 'app', ...texts('app'), text: 'long', errors: { text: 'admin.first_steps.error.long' }, hasErrors: true } },
}
