import type { TopicLink, TopicPage } from './topics.ts'

declare module '../../http/views/model.ts' {
  interface Views {
    'guidance/help': { readonly topics: readonly TopicLink[] }
    /** With where the phone authenticator is, as people type it. */
    'guidance/topic': TopicPage & { readonly address: string; readonly codeAddress: string }
    'guidance/downloads': {
      readonly address: string
      readonly picture: string
      readonly signedIn: boolean
      /** The browser extension: its files, with their size in kibibytes. */
      readonly version: string
      readonly files: readonly { readonly id: string; readonly labelKey: string; readonly href: string; readonly name: string; readonly sha256: string; readonly size: number }[]
    }
    /** Policies as JSON, to copy. */
    'guidance/roll-out': { readonly id: string; readonly updateAddress: string; readonly chromium: string; readonly chromiumManaged: string; readonly firefox: string; readonly firefoxUnsigned: string }
  }
}
