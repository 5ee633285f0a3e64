import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto'
import { element, type WrittenXml, type XmlNode } from './write.ts'

/**
 * Encrypts an element for whoever holds the certificate's key: AES-256-GCM, its key wrapped by RSA-OAEP.
 * OAEP with SHA-1 is what every service provider can open; its security does not rest on collisions (RFC 8017 §7.1).
 * @see XML Encryption 1.1 §5.2.4, §5.5.2
 */
export function encryptElement(plain: WrittenXml, certificate: string): XmlNode {
  const key = randomBytes(32)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const body = Buffer.concat([nonce, cipher.update(plain.written, 'utf8'), cipher.final(), cipher.getAuthTag()])
  const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'))
  const wrapped = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, key)
  return element('xenc:EncryptedData', { Type: 'http://www.w3.org/2001/04/xmlenc#Element' },
    element('xenc:EncryptionMethod', { Algorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm' }),
    element('ds:KeyInfo', {}, element('xenc:EncryptedKey', {},
      element('xenc:EncryptionMethod', { Algorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p' },
        element('ds:DigestMethod', { Algorithm: 'http://www.w3.org/2000/09/xmldsig#sha1' })),
      element('xenc:CipherData', {}, element('xenc:CipherValue', {}, wrapped.toString('base64'))))),
    element('xenc:CipherData', {}, element('xenc:CipherValue', {}, body.toString('base64'))))
}
