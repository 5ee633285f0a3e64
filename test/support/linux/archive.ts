/** What a kernel unpacks into memory before it starts anything: cpio, "new ASCII" (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). */
export type Entry =
  | { readonly kind: 'file'; readonly content: Uint8Array; readonly executable: boolean }
  | { readonly kind: 'folder' }
  | { readonly kind: 'link'; readonly to: string }

const types = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const

/** @param entries by their paths, which begin with no slash; folders that are missing are made */
export function archiveOf(entries: ReadonlyMap<string, Entry>): Buffer[] {
  const all = new Map<string, Entry>()
  for (const [path, entry] of entries) {
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join('/')
      if (!all.has(folder)) all.set(folder, { kind: 'folder' })
    }
    all.set(path, entry)
  }
  return [...[...all].flatMap(([path, entry], index) => record(path, entry, index + 1)), ...record('TRAILER!!!', { kind: 'file', content: new Uint8Array(0), executable: false }, 0)]
}

function record(path: string, entry: Entry, inode: number): Buffer[] {
  const content = entry.kind === 'file' ? Buffer.from(entry.content.buffer, entry.content.byteOffset, entry.content.byteLength) : Buffer.from(entry.kind === 'link' ? entry.to : '')
  const mode = types[entry.kind] | (entry.kind === 'file' && !entry.executable ? 0o644 : 0o755)
  const name = Buffer.from(`${path}\0`)
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0]
  const head = Buffer.concat([Buffer.from(`070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`), name])
  return [head, filling(head.length), content, filling(content.length)]
}

/** To the next multiple of four. */
function filling(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4)
}
