import type { TopicLink, TopicPage } from './topics.ts'

declare module '../../http/views/model.ts' {
  interface Views {
    'guidance/help': { readonly topics: readonly TopicLink[] }
    /** With where the phone authenticator is, as people type it. */
    'guidance/topic': TopicPage & { readonly address: string; readonly codeAddress: string }
    'guidance/downloads': { readonly address: string; readonly picture: string; readonly signedIn: boolean }
  }
}
