/**
 * A computer and a phone that know each other by a picture and six digits, and talk through a server that reads nothing (SEC-46, SEC-48). Runs in
 * browsers and in Node.
 *
 *   wire.ts              the words, also those of the server between them
 *   offer.ts             the picture
 *   party.ts             the keys of each side
 *   agreement.ts, derive.ts        what both get out of it: a root that nobody can read out, digits to compare, proofs
 *   connection.ts, channel.ts      one talk with keys of its own: frames that cannot be changed, dropped, repeated or swapped unseen
 *   call.ts              requests that a computer signs
 *   pairing.ts           the computer's side of becoming a pair
 *   relay-client.ts      the computer's side of a question
 *   bytes.ts             bytes and base64url
 */
export {}
