import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { OperatorError } from '../../src/errors.ts'
import { createSealer, loadSecretKey } from '../../src/storage/index.ts'
import { onEachDatabase } from '../support/storage.ts'

const place = { table: 'signing_keys', column: 'sealed_private_key', row: 'key-1' }

onEachDatabase('the secret key', (current) => {
  let folder = ''
  let file = ''
  const load = () => loadSecretKey(file, current().storage, current().clock)
  const facts = () => current().storage.read.all('SELECT name, value FROM installation ORDER BY name')
  /** The refusal, after which the database says the same as before. */
  const refusal = async (): Promise<string> => {
    const before = await facts()
    const error = await load().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OperatorError)
    expect(await facts()).toEqual(before)
    return (error as Error).message
  }

  beforeEach(async () => {
    await current().storage.execute('DELETE FROM installation')
    folder = mkdtempSync(join(tmpdir(), 'doorward-key-'))
    file = join(folder, 'secrets', 'secret.key')
  })
  afterEach(() => { rmSync(folder, { recursive: true, force: true }) })

  it('R-20 SEC-74 is made at the first start, for its owner alone, and used at the next', async () => {
    const sealer = await load()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700)
    expect(readFileSync(file, 'utf8')).toMatch(/^[\w-]{43}\n$/)
    expect(await facts()).toEqual([{ name: 'secret_key_id', value: sealer.keyId }])
    expect(JSON.stringify(await facts())).not.toContain(readFileSync(file, 'utf8').trim())
    const again = await load()
    expect(again.open(sealer.seal('secret', place), place)).toBe('secret')
    expect(await facts()).toHaveLength(1)
  })

  it('R-20 is the same for nodes that start at once', async () => {
    const sealers = await Promise.all([load(), load(), load(), load()])
    expect(new Set(sealers.map(({ keyId }) => keyId)).size).toBe(1)
    expect(readdirSync(join(folder, 'secrets'))).toEqual(['secret.key'])
  })

  it('R-20 is asked for by name when its file is missing, and no other is made', async () => {
    const { keyId } = await load()
    rmSync(file)
    expect(await refusal()).toBe(`The secret key file ${file} is missing, and this database was sealed with key ${keyId}. `
      + 'Put the file back from your backup, or set DOORWARD_SECRET_KEY_FILE to where it is. Nothing was changed.')
    expect(existsSync(file)).toBe(false)
  })

  it('R-20 is refused when it is the one of another installation', async () => {
    const { keyId } = await load()
    const other = Buffer.alloc(32, 9)
    writeFileSync(file, other.toString('base64url'))
    expect(await refusal()).toBe(`The secret key file ${file} holds key ${createSealer(other).keyId}, but this database was sealed with key ${keyId}. Put the right file in place. Nothing was changed.`)
    expect(readFileSync(file, 'utf8')).toBe(other.toString('base64url'))
  })

  it.each([['empty', '', 0], ['truncated', 'A'.repeat(30), 22], ['too long', 'A'.repeat(86), 64], ['no base64url', '!!!', 0]])('R-20 is refused when its file is %s', async (_name, content, bytes) => {
    for (const used of [true, false]) {
      await current().storage.execute('DELETE FROM installation')
      rmSync(file, { force: true })
      await load()
      if (!used) await current().storage.execute('DELETE FROM installation')
      writeFileSync(file, content)
      expect(await refusal()).toBe(`The secret key file ${file} must hold 32 bytes in base64url, but holds ${bytes}.`)
      expect(readFileSync(file, 'utf8')).toBe(content)
    }
  })

  it.each([0o644, 0o660, 0o604, 0o666, 0o620])('SEC-74 is refused when others may read or change it (mode %o)', async (mode) => {
    await load()
    chmodSync(file, mode)
    expect(await refusal()).toBe(`The secret key file ${file} can be read by others (mode ${mode.toString(8)}). Run: chmod 600 ${file}`)
    chmodSync(file, 0o640)
    await load()
  })

  it('R-20 is refused when something else stands in its place, or nothing can be written there', async () => {
    await load()
    rmSync(file)
    const original = file
    file = join(folder, 'secrets')
    expect(await refusal()).toContain(`The secret key file ${file} cannot be read: EISDIR`)
    await current().storage.execute('DELETE FROM installation')
    writeFileSync(original, 'not a folder')
    file = join(original, 'secret.key')
    expect(await refusal()).toContain(`The secret key file ${file} cannot be read: ENOTDIR`)
    file = join(folder, 'x'.repeat(300), 'secret.key')
    expect(await refusal()).toContain(`The secret key file ${file} cannot be written: ENAMETOOLONG`)
  })

  it('R-20 is refused on a node that brings a key of its own to a shared database', async () => {
    const { keyId } = await load()
    file = join(folder, 'other-node.key')
    writeFileSync(file, Buffer.alloc(32, 9).toString('base64url'), { mode: 0o600 })
    expect(await refusal()).toContain(`but this database was sealed with key ${keyId}`)
  })
})
