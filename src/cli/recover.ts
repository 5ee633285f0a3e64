import { createApp } from '../app/index.ts'
import { OperatorError } from '../errors.ts'
import { normaliseEmail } from '../messaging/index.ts'
import { UsageError, type Command } from './command.ts'
import { aboutMail, operator, withInstallation } from './installation.ts'
import { moment, printable, program } from './terminal.ts'

export const recover: Command = {
  name: 'recover',
  purpose: [
    'Break-glass, for somebody who lost every way in, the last owner included. Takes away all security keys, recovery codes,',
    'sessions and tokens of that person, makes a one-time link to register a new key, prints it, and writes to the person that',
    'this happened. A suspension is lifted. The act stays in the audit log. Make sure who is asking before you hand the link over:',
    'whoever has it becomes that person.',
  ],
  arguments: [{ name: 'email', text: 'the person\'s email address' }],
  options: { yes: { type: 'boolean', text: 'needed when the person still has keys, or is suspended' } },
  examples: ['recover ada@example.com', 'recover ada@example.com --yes'],
  exits: { 0: 'the old ways are gone; the new link was printed', 1: 'nothing was changed; the message says why' },

  run: (given, terminal) => withInstallation(terminal, async (foundation) => {
    const { users, organizations, audit } = foundation
    const [text = ''] = given.arguments
    const address = normaliseEmail(text)
    if (!address) throw new UsageError(`${text} is not an email address like name@example.com.`)
    const user = await users.findByEmailKey(address.key)
    const organization = user && (await organizations.find(user.organizationId))
    if (!user || !organization) throw new OperatorError(`Nobody here has the address ${address.email}. Look for the right one under Users, or invite the person: ${program(terminal)} invite ${address.email}`)
    if (user.status === 'new' || user.status === 'pending') {
      throw new OperatorError(`${user.email} has not accepted the invitation yet, so there is nothing to take away. For a new link: ${program(terminal)} invite ${user.email}`)
    }
    const suspended = user.status === 'suspended'
    if ((user.passkeys > 0 || suspended) && !given.flag('yes')) {
      const losses = [...(user.passkeys > 0 ? [`has ${user.passkeys} ${user.passkeys === 1 ? 'security key' : 'security keys'}, which would stop working`] : []), ...(suspended ? ['is suspended, which would be lifted'] : [])]
      throw new OperatorError(`${user.email} ${losses.join(', and ')}. Nothing was changed.\nIf that is what you want: ${program(terminal)} recover ${user.email} --yes`)
    }

    const app = await createApp(foundation)
    let made = { link: '', expiresAt: 0 }
    try {
      await app.parts.personAccess.reset({ organizationId: user.organizationId, id: user.id }, async (tx) => {
        // Only the link opens the account again; accepting it makes the person active.
        if (suspended) await users.update(tx, user.organizationId, user.id, { status: 'new' })
        made = await foundation.invite(tx, { organization, user, purpose: 'reset', note: '', createdBy: null })
        await audit.record(tx, {
          organizationId: user.organizationId, action: 'user.reset', outcome: 'success', actor: operator(terminal), userId: user.id,
          target: { kind: 'user', id: user.id, name: user.email }, details: { role: user.role, keys: user.passkeys, suspensionLifted: suspended },
        })
      })
    } finally {
      // Waits until applications have been told that the sessions are over.
      await app.stop()
    }
    terminal.out(made.link)
    terminal.say(`${printable(user.name)} has no key, recovery code or session any more. The link works once, until ${moment(made.expiresAt)}.`)
    terminal.say(aboutMail(foundation, terminal))
    return 0
  }),
}
