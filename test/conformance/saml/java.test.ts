import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { attribute, createXmlReader, decodeBase64Message, onlyChild, textOf } from '../../../src/protocols/xml/index.ts'
import { skipWithout } from '../../support/skip.ts'
import { aMessage, assertion, honestClaim, messageNames, protocol } from './message.ts'
import { ecdsaSha256, rsaPss, rsaSha256, rsaSha384, rsaSha512, sha256, sha512 } from './sign.ts'
import { aSigner } from './signer.ts'

const program = fileURLToPath(new URL('peers-in-java/Sign.java', import.meta.url))
const parties = { issuer: 'https://sp.example/metadata', destination: 'https://id.example/saml/sso', acsUrl: 'https://sp.example/acs', now: new Date() }
const styles = [
  { kind: 'rsa', algorithm: rsaSha256, digest: sha256 }, { kind: 'rsa', algorithm: rsaSha256, digest: sha256, prefixes: 'xs,samlp' },
  { kind: 'rsa', algorithm: rsaSha384, digest: 'http://www.w3.org/2001/04/xmldsig-more#sha384' }, { kind: 'rsa', algorithm: rsaSha512, digest: sha512 }, { kind: 'rsa', algorithm: rsaPss, digest: sha256 }, { kind: 'ec', algorithm: ecdsaSha256, digest: sha256 },
] as const
const details = ' xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="u:1" xmlns:unused="u:2"'
const extensions = '<samlp:Extensions><a B="2" b="&lt;&quot;&#9;&#10;" xs:c="Łódź 🗝">&amp;&gt;<![CDATA[<d>]]>\r\n<e xmlns=""/></a></samlp:Extensions>'

describe('messages that Java signed', () => {
  // It canonicalizes by code that shares nothing with the libraries of ours.
  skipWithout(spawnSync('javac', ['--version']).status === 0 ? undefined : 'this machine has no JDK')

  it('SEC-20 are all read, each with what it says', async () => {
    const signers = { rsa: await aSigner(), ec: await aSigner('ec') }
    const reader = createXmlReader()
    const tasks = styles.flatMap((style) => messageNames.map((message) => ({ message, ...style, text: aMessage(message, parties, { id: '_1', claim: honestClaim(message, parties), namespaces: details, afterIssuer: extensions }) })))
    const base64 = (pem: string): string => pem.replaceAll(/-----[^-]*-----|\s/g, '')
    const input = tasks.map(({ kind, algorithm, digest, text, ...rest }) =>
      [kind.toUpperCase(), base64(signers[kind].key), signers[kind].certificateBase64, Buffer.from(text).toString('base64'), algorithm, digest, 'prefixes' in rest ? rest.prefixes : '-'].join(' '))
    const { stdout, stderr } = spawnSync('java', ['-Xshare:auto', '-XX:TieredStopAtLevel=1', program], { input: input.join('\n'), encoding: 'utf8', timeout: 50_000 })
    const signed = stdout.trim().split('\n')
    expect(signed.length, stderr.slice(0, 2_000)).toBe(tasks.length)

    const wrong: string[] = []
    for (const [index, { message, kind, algorithm, digest }] of tasks.entries()) {
      const expected = { root: { namespace: protocol, name: message }, idAttribute: 'ID', certificates: [signers[kind].certificate], allowSha1: false } as const
      const tree = await reader.verify(decodeBase64Message(signed[index] ?? ''), expected).catch((error: unknown) => String(error))
      if (typeof tree === 'string') wrong.push(`${message}, ${algorithm}, ${digest}: ${tree}`)
      else {
        expect(textOf(onlyChild(tree, assertion, 'Issuer'))).toBe(parties.issuer)
        expect(attribute(tree, 'ID')).toBe('_1')
        const detail = onlyChild(onlyChild(tree, protocol, 'Extensions'), 'u:1', 'a')
        expect([detail.text, attribute(detail, 'b'), attribute(detail, 'c', 'http://www.w3.org/2001/XMLSchema')]).toEqual(['&><d>\n', '<"\t\n', 'Łódź 🗝'])
      }
    }
    console.log(`messages signed by Java: ${tasks.length}`)
    expect(wrong).toEqual([])
    await reader.close()
  })
})
