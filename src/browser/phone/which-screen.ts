import type { App } from './app.ts'
import { show } from './dom.ts'
import type { HeldKey } from './keys.ts'
import { ownerText } from './names.ts'

/** The one key of this phone, or the one that is chosen; nothing happens where none is valid. */
export function chooseKey(app: App, go: (held: HeldKey) => void): void {
  const able = app.keys.filter(({ lost }) => lost === null)
  const [only] = able
  if (only !== undefined && able.length === 1) return go(only)
  show('which', { keys: able.map(keyFacts) }, {
    choose(id) {
      const held = app.key(id)
      if (held) go(held)
    },
  })
}

/** A key's card. */
export function keyFacts({ id, account, phone }: HeldKey): Readonly<Record<string, unknown>> {
  return { id, organization: ownerText(account), email: account.email, hue: phone.hue, business: account.kind === 'business', personal: account.kind === 'personal' }
}
