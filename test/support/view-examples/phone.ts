import type { Views } from '../../../src/http/index.ts'
import { minutes, moment } from './moment.ts'

type Pages = { [N in Extract<keyof Views, `phone/${string}`>]: Views[N] }

const path = '/phone/activate/eW91IGFyZSBhIGN1cmlvdXMgcGVyc29uLCBnb29kIQ'
const activation = { action: path, organization: 'Analytical Engines', kind: 'business', email: 'a•••@e•••.example', expiresAt: moment + minutes(30), note: '', replaces: null, onPhone: true, hues: [{ hue: 255, labelKey: 'phone.hue.blue', checked: true }, { hue: 150, labelKey: 'phone.hue.green', checked: false }], picture: `${path}/qr.svg`, link: `https://id.engines.example${path}` } as const

export const phoneExamples: Pages = {
  'phone/app': { signUp: true, host: 'id.engines.example', worker: '/phone/service-worker.js?version=1', actions: [{ action: 'phone.approved', labelKey: 'activity.action.phone.approved' }, { action: 'other', labelKey: 'activity.action.other' }] },
  'phone/activation': activation,
  'phone/activation-code': { email: '', errors: { email: null, code: null }, hasErrors: false },
}

export const phoneVariants = {
  'phone/activation': {
    'on a computer': { ...activation, onPhone: false, note: 'Please do this before <Monday>.', kind: 'personal' },
    'instead of another phone': { ...activation, replaces: 'Pixel of Ada' },
  },
  'phone/activation-code': { 'wrong code': { email: 'ada@engines.example', errors: { email: null, code: 'phone.code.error.wrong' }, hasErrors: true } },
}
