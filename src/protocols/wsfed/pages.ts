declare module '../../http/views/model.ts' {
  interface Views {
    'wsfed/sign-out': { readonly email: string }
  }
}
export {}
