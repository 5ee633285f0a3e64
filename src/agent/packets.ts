import { concat, uint32, type Bytes } from '../browser/pairing/bytes.ts'

/** One report of a full-speed USB key (CTAP 2.1 §11.2.4). */
export const packetSize = 64
const [firstRoom, nextRoom, lastSequence] = [packetSize - 7, packetSize - 5, 127]
/** What one first packet and 128 next ones carry. */
export const longestMessage = firstRoom + nextRoom * (lastSequence + 1)

export type Packet =
  | { readonly kind: 'first'; readonly channel: number; readonly command: number; readonly length: number; readonly data: Bytes }
  | { readonly kind: 'next'; readonly channel: number; readonly sequence: number; readonly data: Bytes }

export function readPacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length !== packetSize) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, packetSize)
  const [channel, byte] = [view.getUint32(0), view.getUint8(4)]
  return byte < 0x80
    ? { kind: 'next', channel, sequence: byte, data: Uint8Array.from(bytes.subarray(5)) }
    : { kind: 'first', channel, command: byte & 0x7f, length: view.getUint16(5), data: Uint8Array.from(bytes.subarray(7)) }
}

/** A message in packets; the last one is filled with zeros. */
export function packetsOf(channel: number, command: number, message: Uint8Array): Bytes[] {
  const packets = [fill(concat(uint32(channel), Uint8Array.of(0x80 | command, message.length >> 8, message.length & 255), message.subarray(0, firstRoom)))]
  for (let at = firstRoom, sequence = 0; at < message.length; at += nextRoom, sequence += 1) packets.push(fill(concat(uint32(channel), Uint8Array.of(sequence), message.subarray(at, at + nextRoom))))
  return packets
}

function fill(bytes: Bytes): Bytes {
  return concat(bytes, new Uint8Array(packetSize - bytes.length))
}
