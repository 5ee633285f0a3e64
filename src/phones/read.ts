import { z } from 'zod'

const settings = z.object({ name: z.string().trim().min(1).max(100).refine((text) => !/\p{Cc}/u.test(text)), hue: z.number().int().min(0).max(359) })
const scan = z.object({ secret: z.string().min(1).max(200) })
const decision = z.object({
  decision: z.enum(['approve', 'deny', 'report']),
  number: z.number().int().min(10).max(99).nullable(),
  unlocking: z.object({ challengeId: z.string().max(100), response: z.string().max(20_000) }).nullable(),
  expiresAt: z.number().int(),
  origin: z.string().max(300),
  signature: z.string().max(100),
})

const orderAnswer = z.object({ response: z.union([z.record(z.string(), z.unknown()), z.literal('excluded')]).nullable() })

export type ReadDecision = z.infer<typeof decision>

/** What a phone sends; undefined for anything else. */
function read<T>(shape: z.ZodType<T>, body: Buffer): T | undefined {
  try {
    return shape.parse(JSON.parse(body.toString('utf8')))
  } catch {
    return undefined
  }
}

export const readSettings = (body: Buffer): z.infer<typeof settings> | undefined => read(settings, body)
export const readScan = (body: Buffer): z.infer<typeof scan> | undefined => read(scan, body)
export const readDecision = (body: Buffer): ReadDecision | undefined => read(decision, body)
export const readOrderAnswer = (body: Buffer): z.infer<typeof orderAnswer> | undefined => read(orderAnswer, body)
