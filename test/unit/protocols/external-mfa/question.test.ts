import { describe, expect, it } from 'vitest'
import { readQuestion, type QuestionRefusal } from '../../../../src/protocols/external-mfa/question.ts'

const redirectUri = 'https://login.microsoftonline.com/common/federation/externalauthprovider'
const right: Readonly<Record<string, string>> = {
  scope: 'openid profile', response_type: 'id_token', response_mode: 'form_post', client_id: 'entra', redirect_uri: redirectUri, nonce: 'n', state: ' a+b/c= ', id_token_hint: 'h.h.h', 'client-request-id': '0f3c1a52-7d7e-4f45-9d3a-2f1f5b0f1c11',
  claims: '{"id_token":{"acr":{"essential":true,"values":["possessionorinherence"]},"amr":{"essential":true,"values":["fido","sms"]},"xms":null},"userinfo":{}}',
}
const read = (fields: Readonly<Record<string, string | readonly string[] | undefined>>) =>
  readQuestion((name) => (fields[name] === undefined ? [] : [fields[name]].flat()), { clientId: 'entra', redirectUri })

describe('a request of Entra', () => {
  it('is read as it came, whatever else is in it', () => {
    expect(read({ ...right, unknown: ['1', '2'] })).toEqual({
      kind: 'accepted', question: { hint: 'h.h.h', nonce: 'n', state: ' a+b/c= ', wanted: { acr: ['possessionorinherence'], amr: ['fido', 'sms'] }, correlationId: '0f3c1a52-7d7e-4f45-9d3a-2f1f5b0f1c11' },
    })
    for (const id of [undefined, 'two words', 'x'.repeat(65), 'a\nb']) expect(read({ ...right, 'client-request-id': id })).toMatchObject({ kind: 'accepted', question: { correlationId: null } })
  })

  it.each<[QuestionRefusal, Readonly<Record<string, string | readonly string[] | undefined>>]>([
    ['client_id', { client_id: 'Entra' }], ['client_id', { client_id: undefined }], ['redirect_uri', { redirect_uri: `${redirectUri}/` }], ['redirect_uri', { redirect_uri: redirectUri.toUpperCase() }], ['redirect_uri', { redirect_uri: undefined }],
    ['redirect_uri', { redirect_uri: `${redirectUri}?x` }], ['response_type', { response_type: 'code id_token' }], ['response_type', { response_type: undefined }], ['response_mode', { response_mode: 'query' }], ['response_mode', { response_mode: undefined }],
    ['scope', { scope: 'openidx' }], ['scope', { scope: undefined }], ['nonce', { nonce: undefined }], ['nonce', { nonce: 'ä' }], ['nonce', { nonce: 'x'.repeat(1_025) }], ['state', { state: undefined }], ['state', { state: 'a\0b' }], ['state', { state: 'x'.repeat(8_193) }],
    ['hint_missing', { id_token_hint: undefined }], ['hint_missing', { id_token_hint: 'x'.repeat(16_385) }],
    ['claims', { claims: undefined }], ['claims', { claims: 'null' }], ['claims', { claims: '[]' }], ['claims', { claims: '{"id_token":{"acr":{"values":["a"]}}}' }], ['claims', { claims: '{"id_token":{"acr":{"values":[]},"amr":{"values":["fido"]}}}' }],
    ['claims', { claims: '{"id_token":{"acr":{"values":["a"]},"amr":{"values":[1]}}}' }], ['claims', { claims: '{"id_token":{"acr":{"values":["a"]},"amr":{"values":"fido"}}}' }], ['claims', { claims: '{"userinfo":{"acr":{"values":["a"]},"amr":{"values":["fido"]}}}' }],
    ['claims', { claims: `${right['claims'] ?? ''} x` }], ['claims', { claims: `${' '.repeat(8_200)}${right['claims'] ?? ''}` }],
    ...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'nonce', 'state', 'claims', 'id_token_hint'].map((name): [QuestionRefusal, Record<string, string[]>] => ['repeated_parameter', { [name]: [right[name] ?? '', right[name] ?? ''] }]),
  ])('SEC-01 SEC-86 is refused for its %s: %j', (reason, change) => {
    expect(read({ ...right, ...change })).toEqual({ kind: 'refused', reason })
  })

  it('may be as long as Entra makes them', () => {
    expect(read({ ...right, nonce: 'x'.repeat(1_024), state: 'x'.repeat(8_192), id_token_hint: 'x'.repeat(16_384) })).toMatchObject({ kind: 'accepted' })
  })
})
