/**
 * Computers that reach a phone's keys: the browser extension, and the agent for programs.
 *
 *   computer.ts    what a computer is, and every limit               store.ts, frames.ts   its row; what is sealed for the other side
 *   api.ts         /pairing/api: offers, pairing, frames, waiting    phone-side.ts         the same of the phone's signed /phone/api; uses.ts
 *   calls.ts       how often a phone may be woken
 *   computers.ts   what both sides and the panels do with it         point.ts, read.ts     keys and bodies as they come
 *
 * An offer is a picture that one phone can take, once, within two minutes. It is a pairing when the person has said on the computer that both
 * show the same digits and the phone was unlocked for it (SEC-46). The server carries proofs and frames of either side and can judge none of
 * them: it never has the picture's secret, so what it changed would not open (SEC-48).
 * What they say → ../../browser/pairing/wire.ts; the channel itself → ../../browser/pairing; what a phone may be asked → ../../browser/phone.
 */
export { createComputersApi } from './api.ts'
export type { Computer, ComputerKind } from './computer.ts'
export { createComputers, type Computers } from './computers.ts'
export { createPhoneSide, type PhoneSide } from './phone-side.ts'
export { PairedComputerTable, PairingFrameTable } from './schema.ts'
