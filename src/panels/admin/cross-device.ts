import type { OrganizationSettings } from '../../directory/index.ts'

/** One way in which a device lets another one in, as assessed. Texts are keys. */
export interface CrossDeviceWay {
  readonly id: string
  readonly titleKey: string
  readonly textKey: string
  readonly state: 'on' | 'off' | 'always' | 'absent'
  readonly stateKey: string
  readonly resistant: boolean
  readonly attacks: readonly string[]
  readonly measures: readonly string[]
  readonly remainsKey: string
  readonly whenKey: string
  readonly setKey: string
  /** Whether the sign-in settings hold something about it. */
  readonly settings: boolean
}

type Methods = OrganizationSettings['methods']
interface Assessed { readonly id: string; readonly attacks: number; readonly measures: number; readonly resistant?: true; readonly settings?: false; readonly state: (methods: Methods) => CrossDeviceWay['state'] }

const onOff = (on: boolean): 'on' | 'off' => (on ? 'on' : 'off')

/** The strongest first; the device grant stands here because it is asked for, and is not there. */
const assessed: readonly Assessed[] = [
  { id: 'hybrid', attacks: 2, measures: 3, resistant: true, state: () => 'always' },
  { id: 'request', attacks: 3, measures: 6, state: ({ phone }) => onOff(phone) },
  { id: 'code', attacks: 3, measures: 5, state: ({ phone, phoneCode }) => onOff(phone && phoneCode) },
  { id: 'activation', attacks: 3, measures: 5, state: () => 'always' },
  { id: 'mail', attacks: 3, measures: 4, state: () => 'always' },
  { id: 'grant', attacks: 1, measures: 1, settings: false, state: () => 'absent' },
]

/** Every way in which one device lets another one in, with how an organization has it set (SEC-40). */
export function crossDeviceWays(methods: Methods): CrossDeviceWay[] {
  return assessed.map(({ id, attacks, measures, resistant = false, settings = true, state }) => {
    const now = state(methods)
    return {
      id, titleKey: `risk.${id}.title`, textKey: `risk.${id}.text`, state: now, stateKey: `risk.state.${now}`, resistant, attacks: upTo(attacks).map((count) => `risk.${id}.attack_${count}`), measures: upTo(measures).map((count) => `risk.${id}.measure_${count}`),
      remainsKey: `risk.${id}.remains`, whenKey: `risk.${id}.when`, setKey: `risk.${id}.set`, settings,
    }
  })
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_none, index) => index + 1)

/** The practices of RFC 10027 §2 in its order, each with where it is met here. */
export const crossDevicePractices: readonly { readonly titleKey: string; readonly answerKey: string }[] = ['assess', 'avoid', 'choose', 'mitigate', 'near']
  .map((name) => ({ titleKey: `risk.practice.${name}`, answerKey: `risk.practice.${name}_answer` }))
