import { zipSync } from 'fflate'

/** Zip keeps local time in two-second steps from 1980 on; a fixed moment makes the same files the same bytes. */
const moment = new Date(1980, 0, 1, 0, 0, 0)

/** @param files by path; the order of the map is no matter */
export function zip(files: ReadonlyMap<string, Buffer>): Buffer {
  const sorted = [...files].sort(([one], [other]) => (one < other ? -1 : 1))
  return Buffer.from(zipSync(Object.fromEntries(sorted.map(([path, body]) => [path, [new Uint8Array(body), { mtime: moment, level: 9 }]]))))
}
