declare module '../../http/views/model.ts' {
  interface Views {
    'exchange/hand-over': { readonly action: string; readonly fields: readonly { readonly name: string; readonly value: string }[] }
    /** The way back to the application answers its question with a refusal; null where it has none to be answered. */
    'exchange/no-access': { readonly application: string; readonly email: string; readonly back: string | null; readonly reference: string }
  }
}
export {}
