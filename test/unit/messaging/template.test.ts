import { describe, expect, it } from 'vitest'
import { fillTemplate, writingFor } from '../../../src/messaging/template.ts'

const values = { to: '+491512345678', text: 'Code "1&2=3"\n{to} \\ grüße #?/' }

describe('filling a gateway template', () => {
  it('keeps a JSON body what it was', () => {
    const body = fillTemplate('{"to":"{to}","text":"{text}","x":{"to":1}}', values, 'json')
    expect(JSON.parse(body)).toEqual({ to: values.to, text: values.text, x: { to: 1 } })
  })

  it('keeps a form body what it was', () => {
    const form = new URLSearchParams(fillTemplate('to={to}&text={text}&from=Doorward', values, 'form'))
    expect(Object.fromEntries(form)).toEqual({ to: values.to, text: values.text, from: 'Doorward' })
  })

  it('keeps a URL what it was, in path and query', () => {
    const url = new URL(fillTemplate('https://sms.example/send/{to}?text={text}&from=Doorward', values, 'url'))
    expect(url.host).toBe('sms.example')
    expect(decodeURIComponent(url.pathname)).toBe('/send/+491512345678')
    expect(Object.fromEntries(url.searchParams)).toEqual({ text: values.text, from: 'Doorward' })
  })

  it('does not fill what came out of a value', () => {
    expect(fillTemplate('{text}', { to: 'x', text: '{to}{text}' }, 'json')).toBe('{to}{text}')
  })

  it('writes broken text as something that can be sent', () => {
    expect(() => fillTemplate('{text}', { to: '', text: 'a\ud800b' }, 'url')).not.toThrow()
  })

  it('knows the writing by the content type', () => {
    expect(writingFor('application/json')).toBe('json')
    expect(writingFor('application/x-www-form-urlencoded')).toBe('form')
  })
})
