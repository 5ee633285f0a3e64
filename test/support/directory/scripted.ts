import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:tls'
import { BerReader, BerWriter } from 'ldapts'
import type { Authority } from './authority.ts'

/** A question as a scripted directory sees it. */
export interface Asked {
  readonly id: number
  /** 0x60 bind, 0x63 search, 0x42 unbind, 0x77 extended. */
  readonly kind: number
  readonly base: string
  /** How many searches below a place, with pages, came before on any connection. */
  readonly search: number
}

export interface ScriptedDirectory {
  readonly url: string
  close(): Promise<void>
}

/** A directory that answers with whatever bytes a test wants, over TLS; binds always succeed. */
export async function startScripted(authority: Authority, answer: (asked: Asked, socket: Socket) => Buffer | undefined): Promise<ScriptedDirectory> {
  const { cert, key } = await authority.server(['localhost'])
  const sockets = new Set<Socket>()
  let searches = 0
  const server = createServer({ cert, key }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      const reader = new BerReader(chunk)
      reader.readSequence()
      const id = reader.readInt() ?? 0
      const kind = reader.readSequence() ?? 0
      if (kind === 0x60) return void socket.write(done(id, 0x61))
      const base = kind === 0x63 ? reader.readString() ?? '' : ''
      const pages = chunk.includes('1.2.840.113556.1.4.319')
      const bytes = answer({ id, kind, base, search: pages ? searches++ : -1 }, socket)
      if (bytes !== undefined) socket.write(bytes)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ldaps://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A result, with the cookie of a page when one is given. */
export function done(id: number, kind: number, status = 0, cookie?: string): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(kind)
  writer.writeEnumeration(status)
  writer.writeString('')
  writer.writeString('')
  writer.endSequence()
  if (cookie !== undefined) {
    const value = new BerWriter()
    value.startSequence()
    value.writeInt(0)
    value.writeString(cookie)
    value.endSequence()
    writer.startSequence(0xa0)
    writer.startSequence()
    writer.writeString('1.2.840.113556.1.4.319')
    writer.writeBuffer(value.buffer, 0x04)
    writer.endSequence()
    writer.endSequence()
  }
  writer.endSequence()
  return Buffer.from(writer.buffer)
}

export function entry(id: number, dn: string, attributes: Readonly<Record<string, readonly (string | Buffer)[]>>): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(0x64)
  writer.writeString(dn)
  writer.startSequence()
  for (const [name, values] of Object.entries(attributes)) {
    writer.startSequence()
    writer.writeString(name)
    writer.startSequence(0x31)
    for (const value of values) writer.writeBuffer(Buffer.from(value), 0x04)
    writer.endSequence()
    writer.endSequence()
  }
  writer.endSequence()
  writer.endSequence()
  writer.endSequence()
  return Buffer.from(writer.buffer)
}

export function reference(id: number, url: string): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(0x73)
  writer.writeString(url)
  writer.endSequence()
  writer.endSequence()
  return Buffer.from(writer.buffer)
}
