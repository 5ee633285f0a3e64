import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { callCommand, environmentOf } from '../support/command-line.ts'

withApp('doorward extension', (current) => {
  it.each(['chrome', 'firefox'] as const)('S53 S96 writes for %s what the download holds, and puts nothing among what is there', async (browser) => {
    const folder = join(mkdtempSync(join(tmpdir(), 'doorward-tool-')), 'made')
    const call = () => callCommand(['extension', folder, '--browser', browser], environmentOf(current()))
    try {
      expect(await call()).toMatchObject({ code: 0, out: `${folder}\n` })
      for (const [path, body] of current().foundation.extension.files(browser)) expect(readFileSync(join(folder, path)).equals(body), path).toBe(true)
      expect(await call()).toMatchObject({ code: 1, out: '', err: expect.stringContaining(`${folder} is not empty.`) as string })
    } finally {
      rmSync(join(folder, '..'), { recursive: true, force: true })
    }
  })

  it('knows two browsers', async () => {
    expect(await callCommand(['extension', '/dev/null/x', '--browser', 'safari'], environmentOf(current()))).toMatchObject({ code: 2, err: expect.stringContaining('--browser must be one of chrome, firefox, but is safari.') as string })
    expect(await callCommand(['extension', '/dev/null/x'], environmentOf(current()))).toMatchObject({ code: 1, err: expect.stringContaining('/dev/null/x cannot be written') as string })
  })
})
