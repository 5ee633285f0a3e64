import { hostileCases } from '../conformance/saml/generate.ts'
import { aSigner } from '../conformance/saml/signer.ts'
import { wiki } from './seed.ts'

export interface HostileMessage { readonly path: string; readonly body: string }

/** The posts of the hostile corpus, for the SAML application of this benchmark. Its keys are strangers' here, so nothing of it is ever right. */
export async function hostileMessages(port: number): Promise<HostileMessage[]> {
  const [signer, foreign] = await Promise.all([aSigner(), aSigner()])
  const parties = { issuer: wiki.entityId, destination: `http://localhost:${port}/saml/sso`, acsUrl: wiki.acs, now: new Date() }
  return hostileCases({ parties, signer, foreign, listener: 'http://127.0.0.1:9/' }).filter(({ binding }) => binding === 'post').map(({ message, encoded }) => ({
    path: message === 'AuthnRequest' ? '/saml/sso' : '/saml/slo', body: new URLSearchParams({ [message.endsWith('Request') ? 'SAMLRequest' : 'SAMLResponse']: encoded }).toString(),
  }))
}
