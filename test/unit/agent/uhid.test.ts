import { execFileSync } from 'node:child_process'
import { constants, accessSync, mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { createEvent, destroyEvent, eventSize, inputEvent, openUhid, readEvent, uhidHint } from '../../../src/agent/uhid.ts'
import { skipWithout } from '../../support/skip.ts'

const packet = Uint8Array.from({ length: 64 }, (_, index) => index)
function outputEvent(data: Uint8Array): Buffer {
  const event = Buffer.alloc(eventSize)
  event.writeUInt32LE(6, 0)
  event.set(data, 4)
  event.writeUInt16LE(data.length, 4100)
  return event
}

describe('events of the kernel', () => {
  it('have the shape of struct uhid_event', () => {
    const event = createEvent('A key')
    expect(event).toHaveLength(4 + 128 + 64 + 64 + 2 + 2 + 4 * 4 + 4096)
    expect(event.readUInt32LE(0)).toBe(11)
    expect(event.subarray(4, 10).toString()).toBe('A key\0')
    expect([event.readUInt16LE(260), event.readUInt16LE(262)]).toEqual([34, 3])
    // Usage page FIDO, usage U2F authenticator (CTAP 2.1 §11.2.8.1).
    expect(event.subarray(280, 285).toString('hex')).toBe('06d0f10901')
    expect(createEvent('x'.repeat(300)).subarray(4, 132).toString()).toBe(`${'x'.repeat(127)}\0`)
    const input = inputEvent(packet)
    expect([input.readUInt32LE(0), input.readUInt16LE(4), input.subarray(6, 70).equals(packet)]).toEqual([12, 64, true])
    expect(destroyEvent().readUInt32LE(0)).toBe(1)
  })

  it('are read, with and without the number of the report', () => {
    expect(readEvent(outputEvent(packet))).toEqual({ kind: 'output', packet })
    expect(readEvent(outputEvent(Uint8Array.of(0, ...packet)))).toEqual({ kind: 'output', packet })
    expect(readEvent(outputEvent(Uint8Array.of(1, ...packet)))).toEqual({ kind: 'output', packet: Uint8Array.of(1, ...packet) })
    expect([2, 3, 4, 5].map((type) => { const event = Buffer.alloc(eventSize); event.writeUInt32LE(type); return readEvent(event).kind })).toEqual(['other', 'other', 'open', 'close'])
    for (const event of [Buffer.alloc(0), Buffer.alloc(3), outputEvent(packet).subarray(0, 100)]) expect(readEvent(event)).toEqual({ kind: 'other' })
  })

  it.each([[9, 10], [13, 14]])('that ask for a report are answered, or the kernel waits for five seconds: %i', (type, answer) => {
    const event = Buffer.alloc(eventSize)
    event.writeUInt32LE(type, 0)
    event.writeUInt32LE(77, 4)
    const read = readEvent(event)
    const reply = read.kind === 'report' ? read.reply : Buffer.alloc(12)
    expect([reply.readUInt32LE(0), reply.readUInt32LE(4), reply.readUInt16LE(8)]).toEqual([answer, 77, 5])
  })
})

describe('a device', () => {
  it('is made, hears packets, learns when nobody has it open, and is taken away: here on a pipe in its place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'doorward-uhid-'))
    const path = join(folder, 'uhid')
    execFileSync('mkfifo', [path])
    const [receive, left, failed] = [vi.fn(), vi.fn(), vi.fn()]
    // Holds the pipe open, so that it is not over when the device has gone.
    const kernel = await open(path, 'r+')
    try {
      const device = await openUhid({ path, name: 'A key', receive, left, failed })
      await kernel.write(outputEvent(packet))
      await vi.waitFor(() => { expect(receive).toHaveBeenCalledWith(packet) })
      const closing = Buffer.alloc(eventSize)
      closing.writeUInt32LE(5)
      expect(left).not.toHaveBeenCalled()
      await kernel.write(closing)
      await vi.waitFor(() => { expect(left).toHaveBeenCalledOnce() })
      await device.close()
      await kernel.write(destroyEvent())
      expect(failed).not.toHaveBeenCalled()
    } finally {
      await kernel.close()
      rmSync(folder, { recursive: true })
    }
  })

  it('that cannot be made says what to do', async () => {
    const error = await openUhid({ path: '/dev/there-is-none', name: 'A key', receive: vi.fn(), left: vi.fn(), failed: vi.fn() }).catch((cause: unknown) => cause)
    expect(uhidHint(error, '/dev/uhid')).toContain('sudo modprobe uhid')
    expect(uhidHint({ code: 'ENODEV' }, '/dev/uhid')).toContain('sudo modprobe uhid')
    for (const code of ['EACCES', 'EPERM']) expect(uhidHint({ code }, '/dev/uhid')).toContain('TAG+="uaccess"')
    expect(uhidHint(new Error('broken'), '/dev/uhid')).toBe('/dev/uhid cannot be used: broken')
  })
})

describe('the kernel', () => {
  skipWithout(missing())

  it('makes a key of it that programs find', async () => {
    const device = await openUhid({ path: '/dev/uhid', name: 'Doorward test key', receive: vi.fn(), left: vi.fn(), failed: vi.fn() })
    await vi.waitFor(() => { expect(execFileSync('sh', ['-c', 'cat /sys/class/hidraw/*/device/uevent']).toString()).toContain('Doorward test key') }, 5_000)
    await device.close()
  })
})

function missing(): string | undefined {
  try {
    accessSync('/dev/uhid', constants.R_OK | constants.W_OK)
    return undefined
  } catch (error) {
    return `/dev/uhid cannot be opened here (${String((error as NodeJS.ErrnoException).code)})`
  }
}
