import { open, type FileHandle } from 'node:fs/promises'
import type { Bytes } from '../browser/pairing/bytes.ts'
import { packetSize } from './packets.ts'

/** Devices that programs make: Linux, Documentation/hid/uhid.rst and include/uapi/linux/uhid.h; every event is packed and begins with its type. */
const types = { destroy: 1, start: 2, stop: 3, open: 4, close: 5, output: 6, getReport: 9, getReportReply: 10, create: 11, input: 12, setReport: 13, setReportReply: 14 } as const
export const eventSize = 4376
const longestData = 4096
const busUsb = 3
const eio = 5

/** The report descriptor that tells every program that this is a FIDO key (CTAP 2.1 §11.2.8.1): two reports of 64 bytes. */
const reportDescriptor = Uint8Array.from([
  0x06, 0xd0, 0xf1, 0x09, 0x01, 0xa1, 0x01, 0x09, 0x20, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, packetSize, 0x81, 0x02,
  0x09, 0x21, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, packetSize, 0x91, 0x02, 0xc0,
])

export type UhidEvent =
  | { readonly kind: 'output'; readonly packet: Bytes }
  /** The kernel asks for a report that a FIDO key has not; it waits for an answer. */
  | { readonly kind: 'report'; readonly reply: Buffer }
  /** The first program has opened it, or the last one closed it. */
  | { readonly kind: 'open' | 'close' }
  | { readonly kind: 'other' }

export function createEvent(name: string): Buffer {
  const event = eventOf(types.create)
  event.write(name.slice(0, 127), 4, 'utf8')
  event.write('doorward-agent', 132, 'utf8')
  event.writeUInt16LE(reportDescriptor.length, 260)
  event.writeUInt16LE(busUsb, 262)
  // Numbers that pid.codes keeps for tests: we are no member of the USB forum, and nothing goes by them.
  event.writeUInt32LE(0x1209, 264)
  event.writeUInt32LE(0x0001, 268)
  event.writeUInt32LE(1, 272)
  event.set(reportDescriptor, 280)
  return event
}

export function inputEvent(packet: Uint8Array): Buffer {
  const event = eventOf(types.input)
  event.writeUInt16LE(packet.length, 4)
  event.set(packet, 6)
  return event
}

export function destroyEvent(): Buffer {
  return eventOf(types.destroy)
}

export function readEvent(event: Buffer): UhidEvent {
  const type = event.length < 4 ? -1 : event.readUInt32LE(0)
  switch (type) {
    case types.open: return { kind: 'open' }
    case types.close: return { kind: 'close' }
    case types.output: return event.length < 4 + longestData + 2 ? { kind: 'other' } : { kind: 'output', packet: packetOf(event.subarray(4, 4 + Math.min(event.readUInt16LE(4 + longestData), longestData))) }
    case types.getReport: return { kind: 'report', reply: reportReply(types.getReportReply, event) }
    case types.setReport: return { kind: 'report', reply: reportReply(types.setReportReply, event) }
    default: return { kind: 'other' }
  }
}

/** Programs write the number of the report before it, which is 0 where there are no numbers. */
function packetOf(data: Buffer): Bytes {
  return Uint8Array.from(data.length === packetSize + 1 && data[0] === 0 ? data.subarray(1) : data)
}

function reportReply(type: number, event: Buffer): Buffer {
  const reply = eventOf(type)
  event.copy(reply, 4, 4, 8)
  reply.writeUInt16LE(eio, 8)
  return reply
}

function eventOf(type: number): Buffer {
  const event = Buffer.alloc(eventSize)
  event.writeUInt32LE(type, 0)
  return event
}

export interface UhidDevice {
  /** To the programs. */
  write(packet: Uint8Array): void
  close(): Promise<void>
}

/**
 * Makes the device; it lasts until it is closed or this process ends.
 * @param needs.left no program has it open any more: whoever has asked was ended, or gave up
 * @param needs.failed the kernel took it away
 * @throws the error of the system: `uhidHint` says what it means
 */
export async function openUhid(needs: { readonly path: string; readonly name: string; readonly receive: (packet: Bytes) => void; readonly left: () => void; readonly failed: (error: unknown) => void }): Promise<UhidDevice> {
  const file = await open(needs.path, 'r+')
  // One after the other, whatever comes from where: an event is written whole.
  let writing: Promise<void> = Promise.resolve()
  try {
    await file.write(createEvent(needs.name))
  } catch (error) {
    await file.close()
    throw error
  }
  let closed = false
  const write = (event: Buffer): void => {
    writing = writing.then(async () => { if (!closed) await file.write(event) }).catch((error: unknown) => { if (!closed) needs.failed(error) })
  }
  void listen()
  return {
    write: (packet) => { write(inputEvent(packet)) },
    async close() {
      write(destroyEvent())
      await writing
      closed = true
      // A read that waits in the kernel would let this wait for ever; the descriptor goes with the process.
      void file.close().catch(() => undefined)
    },
  }

  async function listen(): Promise<void> {
    try {
      while (!closed) {
        const event = readEvent(await readOne(file))
        if (event.kind === 'output') needs.receive(event.packet)
        if (event.kind === 'report') write(event.reply)
        if (event.kind === 'close') needs.left()
      }
    } catch (error) {
      if (!closed) needs.failed(error)
    }
  }
}

async function readOne(file: FileHandle): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(eventSize), 0, eventSize, null)
  if (bytesRead === 0) throw new Error('the device has ended')
  return buffer.subarray(0, bytesRead)
}

/** What to do about it. */
export function uhidHint(error: unknown, path: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT': case 'ENODEV': case 'ENXIO':
      return `${path} is not there: the kernel's module for devices that programs make is not loaded.\n\n  sudo modprobe uhid\n  echo uhid | sudo tee /etc/modules-load.d/uhid.conf     (loads it at each start)\n\nIf modprobe does not find it, this kernel was built without it.`
    case 'EACCES': case 'EPERM':
      return `${path} may not be opened by this account. Let whoever sits at this computer open it:\n\n  echo 'KERNEL=="uhid", SUBSYSTEM=="misc", TAG+="uaccess", OPTIONS+="static_node=uhid"' | sudo tee /etc/udev/rules.d/70-doorward-agent.rules\n  sudo udevadm control --reload && sudo udevadm trigger --name-match=uhid\n\nThen start this again. There is no need to run it as root.`
    default:
      return `${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`
  }
}
