'use strict'
/**
 * Makes a fresh clone ready: the dependencies, the Node 24 that everything runs on, and with --tests what tests need.
 * Runs before `npm start` and `npm test` on whatever Node (18 or newer) the machine has; needs nothing installed.
 */
const { spawnSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } = require('node:fs')
const { join, resolve } = require('node:path')

const root = resolve(__dirname, '../..')
const modules = join(root, 'node_modules')
const stamp = join(modules, '.doorward-installed')
const lock = `${modules}.installing`
const quiet = process.argv.includes('--quiet')

const say = (text) => { if (!quiet) process.stderr.write(`${text}\n`) }

function fail(text) {
  process.stderr.write(`\n${text}\n\n`)
  process.exit(1)
}

function lockHash() {
  return createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex')
}

function installed() {
  try {
    return readFileSync(stamp, 'utf8') === lockHash()
  } catch {
    return false
  }
}

/** Two commands at once must not both install: the folder is the lock, and a stale one is taken over. */
function withInstallLock(work) {
  for (let waited = 0; ; waited += 250) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`This folder cannot be written (${error.code}). Doorward installs its packages into node_modules here.`)
      const age = Date.now() - statSync(lock, { throwIfNoEntry: false })?.mtimeMs
      if (age > 300_000) rmSync(lock, { recursive: true, force: true })
      if (waited > 600_000) fail(`Another installation has been running for ten minutes. If that is not so, remove ${lock} and try again.`)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250)
    }
  }
  try {
    work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function install() {
  if (installed()) return
  withInstallLock(() => {
    if (installed()) return
    say('Installing packages …')
    const npm = process.env.npm_execpath
    const [command, first] = npm && /\.c?js$/.test(npm) ? [process.execPath, [npm]] : ['npm', []]
    const result = spawnSync(command, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', quiet ? 'ignore' : 2, 2], env: withoutLifecycle() })
    if (result.status !== 0) fail('The packages could not be installed. Look at the lines above; most often the machine cannot reach the npm registry.')
    writeFileSync(stamp, lockHash())
  })
}

/** npm hands its settings down by environment; the inner npm must read its own. */
function withoutLifecycle() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|package|command)/i.test(name) && name !== 'NODE_ENV'))
}

/** npm scripts find `node_modules/.bin/node` first in PATH; some versions of npm drop that link, so it is made here. */
function linkNode() {
  const bin = join(modules, `node-linux-${process.arch}`, 'bin/node')
  const link = join(modules, '.bin/node')
  const major = Number(process.versions.node.split('.')[0])
  if (process.platform !== 'linux' || !existsSync(bin)) {
    if (major < 24) fail(`Doorward runs on Node 24 or newer; this is Node ${process.versions.node}. Install Node 24 from your usual source and try again.`)
    return
  }
  const works = existsSync(link) && statSync(link).ino === statSync(bin).ino
  if (works) return
  try {
    unlinkSync(link)
  } catch {
    // There was none.
  }
  symlinkSync(`../node-linux-${process.arch}/bin/node`, link)
}

try {
  install()
  linkNode()
  if (process.argv.includes('--tests')) require('./test-tools.cjs').ensureTestTools(say)
} catch (error) {
  fail(`Setting up failed: ${error.message}`)
}
