import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { OperatorError } from '../errors.ts'
import type { Clock } from './clock.ts'
import { createSealer, type Sealer } from './sealer.ts'
import type { Storage } from './storage.ts'

const checkName = 'secret_key_id'

/**
 * Opens the installation's secret key, the one thing that a copy of the database does not contain.
 *
 * A new installation gets a fresh key file (mode 0600). A database that was used before needs its own key: when the file is
 * missing, unreadable or another one, this throws and writes nothing.
 */
export async function loadSecretKey(file: string, storage: Storage, clock: Clock): Promise<Sealer> {
  const known = await storage.read.one<{ value: string }>('SELECT value FROM installation WHERE name = ?', [checkName])
  if (!existsSync(file)) {
    if (known) {
      throw new OperatorError(
        `The secret key file ${file} is missing, and this database was sealed with key ${known.value}. ` +
        'Put the file back from your backup, or set DOORWARD_SECRET_KEY_FILE to where it is. Nothing was changed.',
      )
    }
    writeKey(file)
  }
  const sealer = createSealer(readKey(file))
  if (known && known.value !== sealer.keyId) {
    throw new OperatorError(
      `The secret key file ${file} holds key ${sealer.keyId}, but this database was sealed with key ${known.value}. ` +
      'Put the right file in place. Nothing was changed.',
    )
  }
  if (!known) {
    const rows = await storage.execute<{ value: string }>(
      'INSERT INTO installation (name, value, updated_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET updated_at = installation.updated_at RETURNING value',
      [checkName, sealer.keyId, clock.now()],
    )
    if (rows[0]?.value !== sealer.keyId) {
      throw new OperatorError(`Another node has sealed this database with key ${rows[0]?.value ?? '?'}; give every node the same secret key file.`)
    }
  }
  return sealer
}

function writeKey(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    // "wx": two processes that start at once must not each make a key; the second reads the first one's.
    // Flushed: what is sealed with it must not reach the disk before it.
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new OperatorError(`The secret key file ${file} cannot be written: ${(error as Error).message}`)
  }
}

function readKey(file: string): Buffer {
  let content: string
  try {
    content = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new OperatorError(`The secret key file ${file} cannot be read: ${(error as Error).message}`)
  }
  const mode = statSync(file).mode & 0o777
  if (mode & 0o037) {
    throw new OperatorError(`The secret key file ${file} can be read by others (mode ${mode.toString(8)}). Run: chmod 600 ${file}`)
  }
  const bytes = Buffer.from(content, 'base64url')
  if (bytes.length !== 32) throw new OperatorError(`The secret key file ${file} must hold 32 bytes in base64url, but holds ${bytes.length}.`)
  return bytes
}
