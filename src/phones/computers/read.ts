import { z } from 'zod'
import { mostBodyCharacters, mostFramesPerConnection } from './computer.ts'
import { readPoint } from './point.ts'

/** Control characters, and what turns the direction of a line: a name stands beside others' (SEC-79). */
const odd = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu
const plain = (longest: number) => z.string().trim().min(1).max(longest).refine((text) => text.search(odd) === -1 && text.isWellFormed())
const point = z.string().length(87).refine((text) => readPoint(text) !== undefined)
const id = z.string().regex(/^[\w-]{22}$/)
const proof = z.string().regex(/^[\w-]{22,128}$/)
const connection = z.string().regex(/^[\w-]{16,64}$/)
const frame = z.object({ connection, sequence: z.number().int().min(0).max(mostFramesPerConnection - 1), body: z.string().max(mostBodyCharacters).regex(/^[\w-]+$/) })
/** A site says what it likes: what cannot be shown is left out, and the rest cut. */
const told = (longest: number) => z.string().max(2_000).transform((text) => text.toWellFormed().replaceAll(odd, '').trim().slice(0, longest).toWellFormed())

const shapes = {
  offer: z.object({ offer: z.string().regex(/^[\w-]{43}$/), signingKey: point, agreementKey: point, kind: z.enum(['extension', 'agent']), name: plain(100), version: plain(40) }),
  confirmation: z.object({ proof }),
  look: z.object({ offer: z.string().regex(/^[\w-]{43}$/) }),
  taking: z.object({ offer: z.string().regex(/^[\w-]{43}$/), agreementKey: point, proof }),
  phoneConfirmation: z.object({ proof, unlocking: z.object({ challengeId: z.string().max(100), response: z.string().max(20_000) }) }),
  frame,
  frameFromPhone: frame.extend({ computer: id }),
  end: z.object({ connection }),
  endFromPhone: z.object({ connection, computer: id }),
  use: z.object({
    computer: id.nullable(), action: z.enum(['registered', 'signed_in']), outcome: z.enum(['success', 'denied', 'reported', 'failure']), site: z.string().min(1).max(253).regex(/^[\x21-\x7e]+$/), siteName: told(100), account: told(200),
    id: z.string().regex(/^[\w-]{16,64}$/),
  }),
} as const

export type Read<Name extends keyof typeof shapes> = z.infer<(typeof shapes)[Name]>

/** What came as a body, if it is what was expected. */
export function read<Name extends keyof typeof shapes>(name: Name, body: Buffer): Read<Name> | undefined {
  try {
    return shapes[name].parse(JSON.parse(body.toString('utf8'))) as Read<Name>
  } catch {
    return undefined
  }
}
/** The same of an address. */
export function readQuery(query: Readonly<Record<string, unknown>>): { readonly connection: string; readonly after: number } | undefined {
  const { connection: name, after } = query
  const text = connection.safeParse(name)
  return text.success && typeof after === 'string' && /^(?:-1|\d{1,3})$/.test(after) ? { connection: text.data, after: Number(after) } : undefined
}
