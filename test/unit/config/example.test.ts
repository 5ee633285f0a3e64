import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { environmentName, optionPaths, readConfig } from '../../../src/config/index.ts'

const manual = readFileSync(new URL('../../../config/doorward.example.yaml', import.meta.url), 'utf8')
/** The manual with every option switched on: `#name: value` is an option, `# text` is its explanation. */
const switchedOn = manual.replaceAll(/^(\s*)#(?=\w+:)/gm, '$1')

describe('the manual config/doorward.example.yaml', () => {
  it('changes nothing as it is shipped', () => {
    const { config, problems, sources } = readConfig(manual, {})
    expect(problems).toEqual([])
    expect(config).toEqual(readConfig('', {}).config)
    expect(new Set(sources.values())).toEqual(new Set(['default']))
  })

  it('contains every option with its default, and nothing else', () => {
    const { config, problems, sources } = readConfig(switchedOn, {})
    expect(problems).toEqual([])
    expect(config).toEqual(readConfig('', {}).config)
    expect([...sources].filter(([, source]) => source !== 'file')).toEqual([])
    expect(optionPaths().length).toBeGreaterThan(30)
  })

  it('explains every option under its environment name, and marks exactly the secret ones', () => {
    const explained = new Map([...manual.matchAll(/^\s*# (DOORWARD_[A-Z_]+)( \(secret\))?\. (?=\w)/gm)].map(([, name = '', secret]) => [name, secret !== undefined]))
    expect(explained).toEqual(new Map(optionPaths().map(({ path, option }) => [environmentName(path), option.secret])))
  })

  it('names limits as the schema has them', () => {
    const numbers = optionPaths().filter(({ option }) => typeof option.default === 'number')
    for (const { path, option } of numbers) {
      const paragraph = (manual.split(`# ${environmentName(path)}`)[1]?.split(/^\s*#\w/m)[0] ?? '').replaceAll(/\s*\n\s*# /g, ' ')
      const bounds = /(\d+) to (\d+)/.exec(paragraph)
      expect(bounds, path).not.toBeNull()
      for (const [value, allowed] of [[Number(bounds?.[1]), true], [Number(bounds?.[2]), true], [Number(bounds?.[1]) - 1, false], [Number(bounds?.[2]) + 1, false]] as const) {
        expect('value' in option.read(value), `${path} ${value}`).toBe(allowed)
      }
    }
  })

  it('has three complete examples of an SMS gateway', () => {
    const examples = manual.split('\n').map((line) => /^#( {6,}.*)$/.exec(line)?.[1] ?? '').join('\n').split(/\n{2,}/).filter((text) => text.includes('sms:'))
    const gateways = examples.map((text) => {
      expect(parse(text)).toHaveProperty('sms.url')
      const { config, problems } = readConfig(text, {})
      expect(problems).toEqual([])
      return config.sms
    })
    expect(gateways.map(({ url, contentType }) => [new URL(url ?? '').protocol, contentType])).toEqual([
      ['https:', 'application/x-www-form-urlencoded'], ['https:', 'application/json'], ['file:', 'application/json'],
    ])
  })
})

describe('environment names', () => {
  it('are the fixed ones that other tools rely on', () => {
    const names = new Set(optionPaths().map(({ path }) => environmentName(path)))
    const fixed = [
      'DOORWARD_PUBLIC_URL', 'DOORWARD_HTTP_HOST', 'DOORWARD_HTTP_PORT', 'DOORWARD_DATA_DIR', 'DOORWARD_DATABASE_URL', 'DOORWARD_SECRET_KEY_FILE', 'DOORWARD_SMTP_URL',
      'DOORWARD_SMS_URL', 'DOORWARD_OUTBOUND_ALLOW', 'DOORWARD_OUTBOUND_CA_FILE',
    ]
    expect(fixed.filter((name) => !names.has(name))).toEqual([])
    expect(names.size).toBe(optionPaths().length)
  })

  it('never mean two things: no option is called like the file of another one', () => {
    const names = optionPaths().map(({ path }) => environmentName(path))
    const files = optionPaths().filter(({ option }) => option.secret).map(({ path }) => `${environmentName(path)}_FILE`)
    expect(files.filter((name) => names.includes(name))).toEqual([])
  })
})
