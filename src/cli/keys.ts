import { noteKeyChanges } from '../app/index.ts'
import { oneOf } from './arguments.ts'
import { UsageError, type Command } from './command.ts'
import { operator, withInstallation } from './installation.ts'
import { inColumns, moment } from './terminal.ts'
import { createKeys, type KeyChange, type KeyInfo, type KeyPurpose } from '../keys/index.ts'

const purposes = ['oidc', 'saml', 'wsfed', 'external-mfa'] as const satisfies readonly KeyPurpose[]
const acts = ['publish', 'switch', 'replace'] as const

export const keys: Command = {
  name: 'keys',
  purpose: [
    'Lists the signing keys, and takes those of one protocol to their successors. Keys change by themselves in time; this is for',
    'applications that have to be told by hand, and for the day when a key may be known to others. Running servers take it up within',
    'seconds. The keys of Microsoft 365 domains have a command of their own, which tells Entra as well: microsoft365 certificate.',
  ],
  arguments: [],
  options: {
    publish: { type: 'string', value: purposes.join('|'), text: 'publishes the next key now: it is in metadata and key sets, and takes over when its time has come' },
    switch: { type: 'string', value: purposes.join('|'), text: 'the published key signs from now on; the old one stays published for two weeks' },
    replace: { type: 'string', value: purposes.join('|'), text: 'others may know the key: a new one at once, the old ones are gone with all they have signed' },
  },
  examples: ['keys', 'keys --publish saml', 'keys --switch saml', 'keys --replace saml'],
  exits: { 0: 'the keys were listed, or changed', 1: 'nothing could be changed, for instance because no next key is published' },

  run: (given, terminal) => withInstallation(terminal, async (foundation) => {
    const { storage, sealer, clock } = foundation
    const store = createKeys({ storage, sealer, clock })
    const chosen = acts.flatMap((act) => { const purpose = oneOf(given, act, purposes); return purpose === undefined ? [] : [{ act, purpose }] })
    if (chosen.length > 1) throw new UsageError('Only one of --publish, --switch and --replace can be given.')
    const [order] = chosen
    if (order) {
      const { act, purpose } = order
      await store.ensure(purpose)
      const changes: readonly KeyChange[] = act === 'switch' ? await store.switchOver(purpose) : await store.rotate(purpose, { compromised: act === 'replace' })
      if (changes.length === 0) {
        terminal.say(act === 'switch' ? `No next key of ${purpose} is published. Publish one first: keys --publish ${purpose}` : `The next key of ${purpose} is published already.`)
        return act === 'switch' ? 1 : 0
      }
      await noteKeyChanges(foundation, changes, operator(terminal))
      for (const line of inColumns(changes.map(({ kind, algorithm, id }) => [kind, algorithm, id]))) terminal.out(line)
      if (act === 'replace') terminal.say(purpose === 'oidc' ? 'Tokens of the old keys are worth nothing now.' : 'Applications refuse sign-ins until they have the new certificate: give it to those that do not read the metadata by themselves.')
      return 0
    }
    for (const purpose of purposes) {
      const certificates = purpose === 'oidc' ? [] : await published(store, purpose)
      for (const line of inColumns((await store.list(purpose)).filter(({ state }) => state !== 'removed').map((key) => row(key, certificates.find(({ keyId }) => keyId === key.id))))) terminal.out(line)
    }
    return 0
  }),
}

/** Nothing is made by looking. */
async function published(store: ReturnType<typeof createKeys>, purpose: KeyPurpose) {
  return (await store.list(purpose)).some(({ state }) => state === 'active') ? (await store.certificates(purpose)).published : []
}

function row(key: KeyInfo, certificate: { readonly fingerprint: string; readonly notAfter: number } | undefined): string[] {
  const signs = key.state === 'upcoming' ? `signs from ${moment(key.activatesAt)}` : `since ${moment(key.activatesAt)}`
  return [key.purpose, key.algorithm, key.state, signs, certificate ? `certificate until ${moment(certificate.notAfter)} ${certificate.fingerprint}` : key.id]
}
