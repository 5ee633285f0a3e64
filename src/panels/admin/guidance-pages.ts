import type { CrossDeviceWay } from './cross-device.ts'

interface Step { readonly name: string; readonly titleKey: string; readonly textKey: string }

declare module '../../http/views/model.ts' {
  interface Views {
    'admin/cross-device': {
      readonly ways: readonly CrossDeviceWay[]
      readonly practices: readonly { readonly titleKey: string; readonly answerKey: string }[]
      readonly near: boolean
      readonly push: boolean
      readonly mayWrite: boolean
      readonly limits: { readonly seconds: number; readonly shown: number; readonly requests: number; readonly hours: number }
    }
    /** With the languages in which a step speaks the organization's own words. */
    'admin/first-steps': { readonly steps: readonly (Step & { readonly languages: readonly string[] })[]; readonly mayWrite: boolean }
    'admin/first-step': Step & {
      readonly fields: readonly { readonly name: string; readonly locale: string; readonly language: string; readonly value: string; readonly paragraphs: readonly string[]; readonly error: string | null }[]
      readonly previewed: boolean
      readonly errors: Readonly<Record<string, string | null>>
      readonly hasErrors: boolean
    }
  }
}
