/** Each way of ours on which one device signs in another (RFC 10027 §1), the one to be preferred first. */
export const flows = ['hybrid', 'request', 'code', 'activation', 'mail', 'device_grant'] as const

export interface FlowView {
  readonly name: (typeof flows)[number]
  readonly ordinal: number
  readonly on: boolean
  /** Whether what it proves could not have been relayed by a page in between. */
  readonly resists: boolean
  readonly titleKey: string
  /** What somebody could do, what is done against it, what remains, and when to use it. */
  readonly attackKey: string
  readonly defenceKey: string
  readonly restKey: string
  readonly useKey: string
}

export function flowsAcross({ phone, phoneCode }: { readonly phone: boolean; readonly phoneCode: boolean }): FlowView[] {
  const on: Readonly<Record<FlowView['name'], boolean>> = { hybrid: true, request: phone, code: phone && phoneCode, activation: true, mail: true, device_grant: false }
  return flows.map((name, index) => ({
    name, ordinal: index + 1, on: on[name], resists: name === 'hybrid', titleKey: `admin.cross_device.flow.${name}.title`, attackKey: `admin.cross_device.flow.${name}.attack`, defenceKey: `admin.cross_device.flow.${name}.defence`,
    restKey: `admin.cross_device.flow.${name}.rest`, useKey: `admin.cross_device.flow.${name}.use`,
  }))
}
