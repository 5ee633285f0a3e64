import type { FlowView } from './cross-device.ts'

interface StepTexts { readonly name: string; readonly titleKey: string; readonly textKey: string }

declare module '../../http/views/model.ts' {
  interface Views {
    'admin/cross-device': { readonly flows: readonly FlowView[]; readonly phone: boolean; readonly phoneCode: boolean; readonly phoneNear: boolean; readonly push: boolean; readonly mayWrite: boolean }
    'admin/first-steps': { readonly steps: readonly (StepTexts & { readonly own: boolean })[]; readonly mayWrite: boolean }
    'admin/first-step': StepTexts & { readonly text: string; readonly errors: Readonly<Record<string, string | null>>; readonly hasErrors: boolean }
  }
}
