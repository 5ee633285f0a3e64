interface Policies { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } }

const path = '/phone/service-worker.js'

/** Puts the worker beside the app. Pages of ours take no address of a script as plain text (Trusted Types), so a policy says which one is meant. */
export function registerWorker(address: string): void {
  if (!('serviceWorker' in navigator) || new URL(address, location.origin).pathname !== path) return
  const policies = (window as unknown as { trustedTypes?: Policies }).trustedTypes
  const trusted = policies?.createPolicy('doorward-phone', { createScriptURL: (url) => url }).createScriptURL(address) ?? address
  void navigator.serviceWorker.register(trusted, { scope: '/phone/' }).catch(() => undefined)
}
