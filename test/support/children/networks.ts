import { spawn, spawnSync } from 'node:child_process'
import { createServer, type Socket } from 'node:net'

/**
 * Runs as root of a user namespace of its own: three networks with a router between them. The middle one listens for the application and hands
 * each connection up, with the address that it really came from; in the others a helper takes what is sent to a socket file into its network.
 *
 *   networks.ts <folder>     then says `ready`, and hands up sockets
 */
const [folder = ''] = process.argv.slice(2)
const networks = [['office', 1], ['street', 2]] as const
const port = 8000

function run(...words: readonly string[]): void {
  const [command = '', ...rest] = words
  const { status, stderr, error } = spawnSync(command, rest, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')}: ${error?.message ?? stderr}`)
}

const carry = `const net=require('node:net');net.createServer((from)=>{const to=net.connect(${port},process.argv[1]);from.pipe(to).pipe(from);from.on('error',()=>to.destroy());to.on('error',()=>from.destroy())}).listen(process.argv[2],()=>console.log('ready'))`

run('mount', '-t', 'tmpfs', 'none', '/run')
run('mkdir', '-p', '/run/netns')
const server = createServer({ pauseOnConnect: true }, (socket: Socket) => {
  process.send?.('connection', socket)
  socket.unref()
})
server.listen(port, '0.0.0.0', () => {
  const ready = networks.map(([name, number]) => new Promise<void>((resolve) => {
    run('ip', 'netns', 'add', name)
    run('ip', 'link', 'add', `to-${name}`, 'type', 'veth', 'peer', 'name', 'outside', 'netns', name)
    run('ip', 'address', 'add', `10.91.${number}.1/24`, 'dev', `to-${name}`)
    run('ip', 'link', 'set', `to-${name}`, 'up')
    run('ip', '-n', name, 'address', 'add', `10.91.${number}.2/24`, 'dev', 'outside')
    run('ip', '-n', name, 'link', 'set', 'outside', 'up')
    spawn('ip', ['netns', 'exec', name, process.execPath, '-e', carry, `10.91.${number}.1`, `${folder}/${name}`], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout.once('data', () => { resolve() })
  }))
  void Promise.all(ready).then(() => { process.send?.('ready') })
})
process.on('disconnect', () => { process.exit(0) })
