import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

/** A server or a loop that is measured from outside. */
export interface Peer {
  readonly pid: number
  readonly child: ChildProcess
  stop(): Promise<void>
}

export interface PeerOptions {
  readonly args?: readonly string[]
  /** For Node itself. */
  readonly flags?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** On whatever core is free, as in real life; otherwise on the servers' core. */
  readonly roams?: boolean
}

const serverCore = '0'
const generatorCore = '1'
const allCores = `0-${cpus().length - 1}`
const ticksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout || 100)

/** Whether processes can be kept on a core of their own; without that, figures still compare, but wander more. */
export const canPin = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0

/** Keeps this process, which makes the load, away from the servers. */
export function pinGenerator(): void {
  if (canPin) taskset(process.pid, generatorCore)
}

/** For what needs no load beside it and starts its own processes: they would stay on the generator's core. */
export function unpinGenerator(): void {
  if (canPin) taskset(process.pid, allCores)
}

/** Lets a server use every core for a while, or sends it back to its own. */
export function letRoam(peer: Peer, roams: boolean): void {
  if (canPin) taskset(peer.pid, roams ? allCores : serverCore)
}

function taskset(pid: number, cores: string): void {
  const { status, stderr } = spawnSync('taskset', ['-a', '-p', '-c', cores, String(pid)], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`taskset could not move ${pid} to ${cores}: ${stderr}`)
}

/** Starts a script with the Node that runs this one. When it ends by itself, so does the benchmark, with what it said. */
export function startPeer(script: string, options: PeerOptions = {}): Peer {
  const pinning = canPin ? ['taskset', '-c', options.roams ? allCores : serverCore] : []
  const command = [...pinning, process.execPath, ...(options.flags ?? []), script, ...(options.args ?? [])]
  const child = spawn(command[0] ?? '', command.slice(1), { env: { ...process.env, ...options.environment }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const orphaned = (): void => { child.kill('SIGKILL') }
  process.once('exit', orphaned)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => { said = (said + part.toString()).slice(-4_000) })
  let stopping = false
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      process.off('exit', orphaned)
      if (stopping) return resolve()
      process.stderr.write(`\n${script} ended by itself (${code ?? signal}):\n${said}\n`)
      process.exit(1)
    })
  })
  return {
    pid: child.pid ?? 0,
    child,
    async stop() {
      stopping = true
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Processor time of a process so far, all threads, in milliseconds. */
export function cpuMilliseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond
}

/** Memory that a process holds now, in megabytes. */
export function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
}

/** What to know of the machine beside its figures. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[0] ?? '?'
  return `${cpus().length} cores of ${model}, ${Math.round(totalmem() / 1_073_741_824)} GB, Linux ${release()}, load ${load} at the start`
}
