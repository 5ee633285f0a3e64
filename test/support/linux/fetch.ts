import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findKernel, kernelFolder } from './kernel.ts'

/** `node test/support/linux/fetch.ts`: gets Debian's kernel for clouds and unpacks it (26 MB, then 106 MB), where tests look for one. It is not installed. */
const meta = `linux-image-cloud-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`
const name = /Depends: (linux-image-\S+)/.exec(execFileSync('apt-cache', ['depends', meta], { encoding: 'utf8' }))?.[1]
if (name === undefined) throw new Error(`apt knows no kernel of the name ${meta}`)
const folder = mkdtempSync(join(tmpdir(), 'doorward-kernel-'))
try {
  execFileSync('apt-get', ['-q', '-o', 'APT::Sandbox::User=', 'download', name], { cwd: folder, stdio: 'inherit' })
  mkdirSync(kernelFolder, { recursive: true })
  for (const file of readdirSync(folder)) execFileSync('dpkg', ['-x', join(folder, file), kernelFolder])
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(findKernel()?.image)
