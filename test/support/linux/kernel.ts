import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'

/** A kernel of a distribution with its modules; none is started on this machine itself. */
export interface Kernel { readonly image: string; readonly modules: string }

/**
 * Where an unpacked package is (`node test/support/linux/fetch.ts` puts one there), or this machine's own.
 * That of a cloud is enough, and less to unpack.
 */
export const kernelFolder = process.env['DOORWARD_TEST_KERNEL'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'doorward', 'kernel')

export function findKernel(): Kernel | undefined {
  for (const root of [kernelFolder, '/']) {
    const boot = join(root, 'boot')
    for (const name of existsSync(boot) ? readdirSync(boot).filter((file) => file.startsWith('vmlinuz-')).sort().reverse() : []) {
      const modules = [join(root, 'lib/modules', name.slice(8)), join(root, 'usr/lib/modules', name.slice(8))].find((path) => existsSync(join(path, 'kernel/drivers/hid')))
      if (modules !== undefined) return { image: join(boot, name), modules }
    }
  }
  return undefined
}

/** These modules and what they need, in the order to load them; what is built into the kernel is in no file, and needs none. */
export function modulesOf(kernel: Kernel, names: readonly string[]): ReadonlyMap<string, Buffer> {
  const files = new Map(readdirSync(kernel.modules, { recursive: true, encoding: 'utf8' }).filter((path) => /\.ko(\.xz|\.zst)?$/.test(path)).map((path): [string, string] => [nameOf(path), join(kernel.modules, path)]))
  const found = new Map<string, Buffer>()
  const visit = (name: string): void => {
    const path = files.get(name)
    if (path === undefined || found.has(name)) return
    const content = unpacked(path)
    for (const needed of /\0depends=([^\0]*)\0/.exec(content.toString('latin1'))?.[1]?.split(',') ?? []) visit(needed.replaceAll('-', '_'))
    found.set(name, content)
  }
  for (const name of names) visit(name)
  return found
}

function nameOf(path: string): string {
  return basename(path).replace(/\.ko(\.xz|\.zst)?$/, '').replaceAll('-', '_')
}

function unpacked(path: string): Buffer {
  if (path.endsWith('.xz')) return execFileSync('xz', ['-dc', path], { maxBuffer: 64 * 1024 * 1024 })
  return path.endsWith('.zst') ? zstdDecompressSync(readFileSync(path)) : readFileSync(path)
}
