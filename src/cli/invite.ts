import { readName, userRoles, type Organization, type User } from '../directory/index.ts'
import { OperatorError } from '../errors.ts'
import { normaliseEmail, type EmailAddress } from '../messaging/index.ts'
import type { Foundation } from '../app/index.ts'
import type { Transaction } from '../storage/index.ts'
import { oneOf } from './arguments.ts'
import { UsageError, type Command, type Given } from './command.ts'
import { aboutMail, chooseOrganization, operator, withInstallation } from './installation.ts'
import { moment, printable, program, type Terminal } from './terminal.ts'

const longestNote = 500

export const invite: Command = {
  name: 'invite',
  purpose: [
    'Invites a person: makes the account, puts the mail with a one-time link into the outbox, and prints the link, so that it',
    'can be handed over without a mail server. Somebody who was invited but has not accepted gets a new link; the one',
    'before stops working. Names and role that are given here replace what the invitation said before.',
  ],
  arguments: [{ name: 'email', text: 'the person\'s email address' }],
  options: {
    organization: { type: 'string', value: 'slug', text: 'the organization by its short name; needed when there are several' },
    role: { type: 'string', value: 'role', text: `${userRoles.join(', ')}; user, unless given` },
    'given-name': { type: 'string', value: 'name', text: 'the person may change it when accepting' },
    'family-name': { type: 'string', value: 'name', text: 'the same' },
    note: { type: 'string', value: 'text', text: 'a sentence of yours in the mail' },
  },
  examples: ['invite ada@example.com', 'invite grace@example.com --role administrator --given-name Grace --family-name Hopper'],
  exits: { 0: 'the person is invited; the link was printed', 1: 'nobody was invited; the message says why' },

  run: (given, terminal) => withInstallation(terminal, async (foundation) => {
    const order = readOrder(given)
    const organization = await chooseOrganization(foundation, order.organization, terminal)
    const { user, link, expiresAt } = await foundation.storage.write(async (tx) => {
      const before = await foundation.users.findByEmailKey(order.address.key, tx)
      if (before) checkWaiting(before, organization, terminal)
      const invited = before ? await update(tx, foundation, before, order) : await create(tx, foundation, organization, order)
      const invitation = await foundation.invite(tx, { organization, user: invited, purpose: 'invitation', note: order.note, createdBy: null })
      await foundation.audit.record(tx, {
        organizationId: organization.id, action: before ? 'user.reinvited' : 'user.invited', outcome: 'success', actor: operator(terminal), userId: invited.id,
        target: { kind: 'user', id: invited.id, name: invited.email }, details: { role: invited.role },
      })
      return { user: invited, ...invitation }
    })
    terminal.out(link)
    terminal.say(`${printable(user.name)} is invited to ${printable(organization.name)} (role: ${user.role}). The link works once, until ${moment(expiresAt)}.`)
    terminal.say(aboutMail(foundation, terminal))
    return 0
  }),
}

type Order = ReturnType<typeof readOrder>

function readOrder(given: Given) {
  const [text = ''] = given.arguments
  const address = normaliseEmail(text)
  if (!address) throw new UsageError(`${text} is not an email address like name@example.com.`)
  const note = (given.text('note') ?? '').trim()
  if (note.length > longestNote) throw new UsageError(`--note may have at most ${longestNote} characters, but has ${note.length}.`)
  return { address, note, organization: given.text('organization'), role: oneOf(given, 'role', userRoles), givenName: nameOption(given, 'given-name'), familyName: nameOption(given, 'family-name') }
}

function nameOption(given: Given, option: string): string | undefined {
  const text = given.text(option)
  const name = text === undefined ? undefined : readName(text)
  if (text !== undefined && name === undefined) throw new UsageError(`--${option} must be a name of at most 100 characters, without < and >.`)
  return name
}

/** Only somebody who has not come in yet can be invited again. */
function checkWaiting(user: User, organization: Organization, terminal: Terminal): void {
  if (user.organizationId !== organization.id) throw new OperatorError(`${user.email} belongs to another organization. Nothing was changed.`)
  if (user.status === 'active') throw new OperatorError(`${user.email} is active already. If this person has lost every way in: ${program(terminal)} recover ${user.email}`)
  if (user.status === 'suspended') throw new OperatorError(`${user.email} is suspended. An administrator can resume the account under Users; nothing was changed.`)
}

function create(tx: Transaction, { users }: Foundation, organization: Organization, { address, role, givenName, familyName }: Order & { address: EmailAddress }): Promise<User> {
  return users.create(tx, {
    organizationId: organization.id, email: address, givenName: givenName ?? '', familyName: familyName ?? '', role: role ?? 'user', status: 'new', emailVerified: false,
  })
}

async function update(tx: Transaction, { users }: Foundation, user: User, { role, givenName, familyName }: Order): Promise<User> {
  const changes = { ...(role === undefined ? {} : { role }), ...(givenName === undefined ? {} : { givenName }), ...(familyName === undefined ? {} : { familyName }) }
  return (await users.update(tx, user.organizationId, user.id, changes)) ?? user
}
