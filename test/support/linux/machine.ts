import { spawn, spawnSync } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { archiveOf, type Entry } from './archive.ts'
import { findKernel, modulesOf } from './kernel.ts'

/** A computer with a kernel of its own, in software: there is what this machine's kernel has not, or what nobody may load here. */
export interface Machine {
  /** Runs lines of the shell as root, and says what became of them. */
  run(lines: string, seconds?: number): Promise<{ readonly status: number; readonly said: string }>
  /** The last words of the kernel. */
  kernelSaid(): string
  stop(): Promise<void>
}

export interface Wanted {
  /** Of this machine, by their names there (which are in the path); with the libraries that they load. */
  readonly programs: Readonly<Record<string, string>>
  readonly modules: readonly string[]
  /** By their paths there, which begin with no slash. */
  readonly files: ReadonlyMap<string, Entry>
}

const emulator = '/usr/bin/qemu-system-x86_64'
const shell = ['/usr/bin/busybox', '/bin/busybox'].find((path) => existsSync(path))
const bootSeconds = 90

export function machineMissing(programs: readonly string[]): string | undefined {
  if (process.arch !== 'x64' || !existsSync(emulator)) return 'no machine can be emulated here (Debian: qemu-system-x86)'
  if (shell === undefined) return 'busybox is not installed here (Debian: busybox-static)'
  if (!findKernel()) return 'there is no kernel for an emulated machine (node test/support/linux/fetch.ts gets one)'
  const missing = programs.filter((program) => !existsSync(program))
  return missing.length === 0 ? undefined : `${missing.join(', ')}: not installed here`
}

export async function startMachine({ programs, modules, files }: Wanted): Promise<Machine> {
  const kernel = findKernel()
  if (!kernel || shell === undefined) throw new Error('ask machineMissing first')
  const folder = mkdtempSync(join(tmpdir(), 'doorward-machine-'))
  const loaded = modulesOf(kernel, ['virtio_pci', 'virtio_net', ...modules])
  const entries = new Map<string, Entry>([
    ['init', { kind: 'file', executable: true, content: Buffer.from(init([...loaded.keys()])) }],
    ['serve', { kind: 'file', executable: false, content: Buffer.from(serve) }],
    ['bin/busybox', fileOf(shell)],
    ...Object.entries(programs).map(([name, path]): [string, Entry] => [`usr/bin/${name}`, fileOf(path)]),
    ...[...loaded].map(([name, content]): [string, Entry] => [`modules/${name}.ko`, { kind: 'file', executable: false, content }]),
    ...librariesOf([shell, ...Object.values(programs)]).map((path): [string, Entry] => [path.slice(1), fileOf(path)]),
    ...files,
  ])
  const memory = join(folder, 'memory')
  await pipeline(Readable.from(archiveOf(entries)), createWriteStream(memory))
  const log = join(folder, 'kernel')
  const child = spawn(emulator, [
    '-accel', 'tcg', '-cpu', 'max', '-smp', '2', '-m', '1536', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-kernel', kernel.image, '-initrd', memory,
    '-append', 'console=ttyS0 quiet panic=-1 mitigations=off', '-netdev', 'user,id=net', '-device', 'virtio-net-pci,netdev=net,romfile=', '-serial', `file:${log}`, '-serial', 'stdio',
  ], { stdio: 'pipe' })
  const kernelSaid = (): string => (existsSync(log) ? readFileSync(log, 'utf8').slice(-2_000) : '')
  const ended = new Promise<void>((resolve) => { child.on('close', () => { resolve() }) })
  let said = ''
  let heard = (): void => undefined
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => { said += part; heard() })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  const until = (pattern: RegExp, seconds: number): Promise<RegExpExecArray> => new Promise((resolve, reject) => {
    const timer = setTimeout(() => { reject(new Error(`nothing within ${seconds} s, but: ${said}\n${kernelSaid()}`)) }, seconds * 1_000)
    heard = () => {
      const found = pattern.exec(said)
      if (!found) return
      clearTimeout(timer)
      heard = () => undefined
      said = ''
      resolve(found)
    }
    void ended.then(() => { reject(new Error(`the machine has ended: ${said}\n${kernelSaid()}`)) })
    heard()
  })
  try {
    await until(/ready\n/, bootSeconds)
  } catch (error) {
    await stop()
    throw error
  }
  let turn: Promise<unknown> = Promise.resolve()
  let count = 0
  return {
    kernelSaid, stop,
    run(lines, seconds = 60) {
      const next = turn.catch(() => undefined).then(async () => {
        const mark = `done-${++count}`
        const over = until(new RegExp(`([^]*)${mark} (\\d+)\\n`), seconds)
        child.stdin.write(`${mark} ${Buffer.from(lines).toString('base64')}\n`)
        const [, text = '', status = ''] = await over
        return { status: Number(status), said: text }
      })
      turn = next
      return next
    },
  }
}

/** The first program there: folders, modules and the network, then what comes on the second line. */
function init(modules: readonly string[]): string {
  return `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /etc /sbin /usr/sbin /root
/bin/busybox --install -s
export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev; mount -t tmpfs none /tmp
mkdir -p /dev/pts; mount -t devpts none /dev/pts
${modules.map((name) => `insmod /modules/${name}.ko`).join('\n')}
ip link set lo up; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ip route add default via 10.0.2.2
# What this machine calls localhost is called so there too: addresses with this name need no TLS.
echo '10.0.2.2 localhost' >/etc/hosts
printf 'root:x:0:0::/root:/bin/sh\\nada:x:1000:1000::/home/ada:/bin/sh\\n' >/etc/passwd
sh /serve </dev/ttyS1 >/dev/ttyS1 2>&1 &
while true; do wait; sleep 1; done
`
}

/** Not by the first program, which is told of every one that ends without somebody who waits for it, and forgets what it was just reading. */
const serve = `stty raw -echo
echo ready
while read -r mark lines; do
  echo "$lines" | base64 -d >/tmp/lines
  sh /tmp/lines </dev/null 2>&1
  echo "$mark $?"
done
`

/** The loader says what it would load. */
function librariesOf(programs: readonly string[]): readonly string[] {
  return [...new Set(programs.flatMap((program) => {
    // Of what loads nothing it says so, and is not content with it.
    const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' })
    return [...stdout.matchAll(/(?:=>\s)?(\/\S+)\s\(0x/g)].map(([, path = '']) => path)
  }))]
}

function fileOf(path: string): Entry {
  return { kind: 'file', executable: true, content: readFileSync(realpathSync(path)) }
}
