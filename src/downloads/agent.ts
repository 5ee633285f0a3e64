import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripTypes, type Assets } from '../http/index.ts'
import { zip } from './archive.ts'
import { licences, withImports } from './imports.ts'

export interface Agent { readonly name: string; readonly version: string; readonly body: Buffer; readonly sha256: string }

/** Lets whoever sits at the computer open the device; nobody else, and no root. */
const rule = 'KERNEL=="uhid", SUBSYSTEM=="misc", TAG+="uaccess", OPTIONS+="static_node=uhid"\n'

const unit = `[Unit]
Description=The phone as a security key for this computer's programs
After=network-online.target

[Service]
ExecStart=/usr/bin/env node %h/.local/share/doorward-agent/agent/main.js run
Restart=on-failure
RestartSec=10

[Install]
WantedBy=default.target
`

function readme(publicUrl: string): string {
  return `doorward-agent

Makes your phone a security key for every program of a Linux computer: browsers, ssh, and whatever else asks for one.
It needs Node 22.18 or newer, and the kernel's module uhid.

  sudo modprobe uhid
  echo uhid | sudo tee /etc/modules-load.d/uhid.conf
  sudo cp 70-doorward-agent.rules /etc/udev/rules.d/
  sudo udevadm control --reload && sudo udevadm trigger --name-match=uhid

  node agent/main.js pair ${publicUrl}
  node agent/main.js run

So that it runs whenever you are signed in:

  mkdir -p ~/.local/share ~/.config/systemd/user
  cp -r . ~/.local/share/doorward-agent
  cp doorward-agent.service ~/.config/systemd/user/
  systemctl --user enable --now doorward-agent

Programs first ask silently whether the phone has a key of yours. Only the open app answers that, so open it when the phone wakes. For a key that this
computer has seen on the phone it waits up to two minutes; for others 20 seconds, then the program goes on to other keys. With the app open, try again.

Programs can derive secrets from your passkeys (hmac-secret), such as the key of an encrypted folder. The phone makes them, through the server: without
either the folder stays shut, so do not put anything behind it that has to open before the network is there, and keep a second way in.

Its keys lie in ~/.local/state/doorward-agent, readable by you alone, and with them, unreadable, which keys it has seen on the phone. Windows and macOS let no program be a security key without a driver that
their makers have signed; use the browser extension there.
`
}

/**
 * doorward-agent as a folder that needs nothing but Node: its own code, what it shares with the phone's app, and one package.
 * Made when first asked for, the same bytes each time.
 */
export function createAgent(needs: { readonly assets: Pick<Assets, 'read'>; readonly projectFolder: string; readonly publicUrl: string; readonly version: string }): () => Agent {
  const { assets, projectFolder, publicUrl, version } = needs
  let made: Agent | undefined
  return () => (made ??= make())

  function make(): Agent {
    const folder = join(projectFolder, 'src/agent')
    const own = readdirSync(folder).filter((name) => name.endsWith('.ts')).map((name): [string, Buffer] => {
      const code = stripTypes(readFileSync(join(folder, name), 'utf8')).replaceAll(`from 'qr'`, `from '../browser/vendor/qr/index.js'`)
      return [`agent/${name.replace(/\.ts$/, '.js')}`, Buffer.from(code)]
    })
    const shared = new Set(own.flatMap(([, code]) => [...code.toString('utf8').matchAll(/from '\.\.\/browser\/([^']+)'/g)].map(([, name = '']) => name)))
    const files = new Map<string, Buffer>([
      ['README.txt', Buffer.from(readme(publicUrl))], ['70-doorward-agent.rules', Buffer.from(rule)], ['doorward-agent.service', Buffer.from(unit)],
      ['package.json', Buffer.from(`${JSON.stringify({ name: 'doorward-agent', version, private: true, type: 'module', license: 'MIT', bin: { 'doorward-agent': 'agent/main.js' } }, null, 2)}\n`)],
      ...own, ...withImports([...shared].sort(), (name) => assets.read(name)).map(([name, body]): [string, Buffer] => [`browser/${name}`, body]),
      ...licences(projectFolder, ['qr', 'tldts']).map(([name, body]): [string, Buffer] => [`browser/${name}`, body]),
    ])
    const body = zip(new Map([...files].map(([path, content]) => [`doorward-agent/${path}`, content])))
    return { name: `doorward-agent-${version}.zip`, version, body, sha256: createHash('sha256').update(body).digest('hex') }
  }
}
