import { base64url, concat, fromBase64url, lengthPrefixed, randomBytes, sha256, type Bytes } from './bytes.ts'
import { createChannel, Tampered, type Channel, type Side } from './channel.ts'
import { deriveBits, isMac, labelledBits, mac, macKey, rootOf } from './derive.ts'
import { makeAgreementKey, pointBytes, publicPoint, sharedBits, type Key } from './party.ts'
import type { PublicPoint } from './wire.ts'

/** What a side keeps of a pairing. */
export interface Pair {
  readonly root: Key
  /** This side's agreement key (private), and the public one of the other side. */
  readonly own: Key
  readonly theirs: PublicPoint
  readonly computerId: string
  readonly phoneId: string
}

export interface OpenedConnection {
  readonly connection: string
  /** Frame 0 to the phone. */
  readonly body: string
  /** Takes frame 0 of the phone, once. @throws Tampered */
  accepted(body: string): Promise<Channel>
}

/**
 * The computer's side. Each request has a connection of its own, whose keys come from new ones of both sides: whoever steals a paired device's keys
 * later reads nothing of what was said before. The lasting keys are mixed in too, so that a root alone speaks for neither side.
 */
export async function openConnection(pair: Pair): Promise<OpenedConnection> {
  const connection = base64url(randomBytes(16))
  const { privateKey, publicKey } = await makeAgreementKey()
  const opening = await publicPoint(publicKey)
  let answered = false
  return {
    connection,
    body: await introduce(pair, opening, helloOf(pair, connection, opening)),
    async accepted(body) {
      // A second channel with the same keys would use a nonce twice.
      if (answered) throw new Tampered('the phone has answered already')
      answered = true
      const answer = await recognize(pair, body, (point) => answerOf(pair, connection, opening, point))
      const secrets = [await sharedBits(privateKey, answer), await sharedBits(privateKey, pair.theirs), await sharedBits(pair.own, answer)]
      return channelOf(pair, { connection, opening, answer, secrets, side: 'computer' })
    },
  }
}

/**
 * The phone's side. An old frame 0 that comes again opens nothing: the keys are new, and its sender cannot make frame 1.
 * @throws Tampered
 */
export async function acceptConnection(pair: Pair, connection: string, body: string): Promise<{ readonly body: string; readonly channel: Channel }> {
  const opening = await recognize(pair, body, (point) => helloOf(pair, connection, point))
  const { privateKey, publicKey } = await makeAgreementKey()
  const answer = await publicPoint(publicKey)
  const secrets = [await sharedBits(privateKey, opening), await sharedBits(pair.own, opening), await sharedBits(privateKey, pair.theirs)]
  return {
    body: await introduce(pair, answer, answerOf(pair, connection, opening, answer)),
    channel: await channelOf(pair, { connection, opening, answer, secrets, side: 'phone' }),
  }
}

const helloOf = ({ computerId, phoneId }: Pair, connection: string, opening: PublicPoint): Bytes => lengthPrefixed('computer', connection, computerId, phoneId, pointBytes(opening))
const answerOf = ({ computerId, phoneId }: Pair, connection: string, opening: PublicPoint, answer: PublicPoint): Bytes =>
  lengthPrefixed('phone', connection, computerId, phoneId, pointBytes(opening), pointBytes(answer))

const proofLabel = 'doorward-connection-1 proof'

/** A frame 0: a new public key, and the proof that whoever sends it knows the root. */
async function introduce({ root }: Pair, point: PublicPoint, text: Bytes): Promise<string> {
  return base64url(concat(pointBytes(point), await mac(await macKey(root, proofLabel), text)))
}

async function recognize({ root }: Pair, body: string, textOf: (point: PublicPoint) => Bytes): Promise<PublicPoint> {
  try {
    const bytes = fromBase64url(body)
    const point = base64url(bytes.subarray(0, 65))
    if (bytes.length === 97 && await isMac(await macKey(root, proofLabel), bytes.subarray(65), textOf(point))) return point
  } catch (cause) {
    throw new Tampered('this connection does not begin with a key', { cause })
  }
  throw new Tampered('this connection is not of whom we paired with')
}

async function channelOf(pair: Pair, of: { readonly connection: string; readonly opening: PublicPoint; readonly answer: PublicPoint; readonly secrets: readonly Bytes[]; readonly side: Side }): Promise<Channel> {
  const { connection, opening, answer, secrets, side } = of
  const material = await rootOf(concat(...secrets))
  const salt = await labelledBits(pair.root, 'doorward-connection-1 salt', 32)
  const keyOf = async (from: Side): Promise<Key> => {
    const info = await sha256(lengthPrefixed('doorward-connection-1', from, connection, pair.computerId, pair.phoneId, pointBytes(opening), pointBytes(answer)))
    return crypto.subtle.importKey('raw', await deriveBits(material, salt, info, 32), 'AES-GCM', false, [from === side ? 'encrypt' : 'decrypt'])
  }
  return createChannel({ connection, side, keys: { computer: await keyOf('computer'), phone: await keyOf('phone') } })
}
