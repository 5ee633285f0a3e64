/**
 * How applications ask "who is this?": one room for each protocol, all with the same face (protocol.ts).
 *
 * A protocol turns a question into a sign-in at the desk of ../authentication and its outcome into an answer.
 * It never asks a person anything itself, and never imports another protocol.
 */
export type { Protocol } from './protocol.ts'
