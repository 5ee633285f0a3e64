import type { Limit } from '../throttle/index.ts'

/** The attempt limits of signing in, from the operator's settings. */
export interface SignInLimits {
  readonly signInsPerAddress: Limit
  readonly codesPerAccount: Limit
  readonly codesPerAddress: Limit
  readonly triesPerAccount: Limit
  readonly triesPerAddress: Limit
  readonly recoveryTries: Limit
  readonly passwordTries: Limit
  readonly totpTries: Limit
  readonly passTries: Limit
  /** Requests to one person's phones; answered ones are given back (SEC-43). */
  readonly phoneRequests: Limit
  readonly smsPerNumber: Limit
  readonly smsPerPrefix: Limit
  readonly smsDaily: Limit
  readonly smsCountries: readonly string[]
}

export interface LimitSettings {
  readonly windowSeconds: number
  readonly signInsPerAddress: number
  readonly codesPerAccount: number
  readonly codesPerAddress: number
  readonly triesPerAccountHourly: number
  readonly smsPerNumber: number
  readonly smsPerPrefix: number
  readonly smsDaily: number
  readonly smsCountries: readonly string[]
  readonly recoveryTriesHourly: number
  readonly passwordTriesPerAccountHourly: number
  readonly totpTriesPerAccountHourly: number
  readonly phoneRequestsPerAccount: number
}

export function signInLimits(settings: LimitSettings): SignInLimits {
  const { windowSeconds } = settings
  return {
    signInsPerAddress: { name: 'signin.address', attempts: settings.signInsPerAddress, windowSeconds },
    codesPerAccount: { name: 'code.send.account', attempts: settings.codesPerAccount, windowSeconds },
    codesPerAddress: { name: 'code.send.address', attempts: settings.codesPerAddress, windowSeconds },
    triesPerAccount: { name: 'code.try.account', attempts: settings.triesPerAccountHourly, windowSeconds: 3_600 },
    triesPerAddress: { name: 'code.try.address', attempts: settings.signInsPerAddress, windowSeconds },
    recoveryTries: { name: 'recovery.try.account', attempts: settings.recoveryTriesHourly, windowSeconds: 3_600 },
    passwordTries: { name: 'password.try.account', attempts: settings.passwordTriesPerAccountHourly, windowSeconds: 3_600 },
    totpTries: { name: 'totp.try.account', attempts: settings.totpTriesPerAccountHourly, windowSeconds: 3_600 },
    // As rarely mistyped, and as hopeless to guess, as a code on paper.
    passTries: { name: 'access_pass.try.account', attempts: settings.recoveryTriesHourly, windowSeconds: 3_600 },
    phoneRequests: { name: 'phone.request.account', attempts: settings.phoneRequestsPerAccount, windowSeconds: 600 },
    smsPerNumber: { name: 'sms.number', attempts: settings.smsPerNumber, windowSeconds: 600 },
    smsPerPrefix: { name: 'sms.prefix', attempts: settings.smsPerPrefix, windowSeconds: 600 },
    smsDaily: { name: 'sms.daily', attempts: settings.smsDaily, windowSeconds: 86_400 },
    smsCountries: settings.smsCountries,
  }
}
