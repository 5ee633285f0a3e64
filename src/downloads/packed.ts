import { sign } from 'node:crypto'
import type { Identity } from './identity.ts'

/**
 * A CRX3 file, which Chromium installs when a policy names its id and address. The header is two protobuf messages (crx3.proto of Chromium):
 * CrxFileHeader { sha256_with_ecdsa = 3 { public_key = 1, signature = 2 }, signed_header_data = 10000 } around SignedData { crx_id = 1 }.
 */
export function packed(archive: Buffer, { privateKey, publicKey, id }: Identity): Buffer {
  const crxId = Buffer.from([...id].map((letter) => (letter.charCodeAt(0) - 97).toString(16)).join(''), 'hex')
  const signedData = field(1, crxId)
  const signature = sign('sha256', Buffer.concat([Buffer.from('CRX3 SignedData\0', 'latin1'), uint32(signedData.length), signedData, archive]), privateKey)
  const header = Buffer.concat([field(3, Buffer.concat([field(1, publicKey), field(2, signature)])), field(10_000, signedData)])
  return Buffer.concat([Buffer.from('Cr24', 'latin1'), uint32(3), uint32(header.length), header, archive])
}

/** What Chromium looks at for a newer version. */
export function updateManifest(order: { readonly id: string; readonly version: string; readonly address: string }): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<gupdate xmlns="http://www.google.com/update2/response" protocol="2.0">
  <app appid="${order.id}"><updatecheck codebase="${order.address}" version="${order.version}"/></app>
</gupdate>
`
}

/** A field of bytes: its number with wire type 2, its length, itself. */
function field(number: number, body: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(body.length), body])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
