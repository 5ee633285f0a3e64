import type { BridgeAnswer, PageRequest } from './page-wire.ts'

// A script of the page's own world, there before the page's scripts. It knows no secret, and whatever it says, the bridge and the worker check.
{
  const container = navigator.credentials as CredentialsContainer | undefined
  const native = container && { create: container.create.bind(container), get: container.get.bind(container) }

  const text = (bytes: ArrayBuffer | ArrayBufferView): string => {
    const view = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes)
    return btoa(Array.from(view, (byte) => String.fromCharCode(byte)).join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  }
  const bytes = (given: unknown): ArrayBuffer => Uint8Array.from(atob(String(given).replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0)).buffer
  const asJson = (options: object): object => JSON.parse(JSON.stringify(options, (_name, value: unknown) => (value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? text(value) : value))) as object

  /** Looks to the page like what the browser gives: the same classes, the same members. */
  const credentialOf = (kind: 'create' | 'get', json: Readonly<Record<string, unknown>>): Credential => {
    const given = (json['response'] ?? {}) as Readonly<Record<string, unknown>>
    const own = (target: object, members: Readonly<Record<string, unknown>>): object =>
      Object.defineProperties(target, Object.fromEntries(Object.entries(members).map(([name, value]) => [name, { value, enumerable: true, configurable: true }])))
    const response = kind === 'create'
      ? own(Object.create(AuthenticatorAttestationResponse.prototype) as object, {
          clientDataJSON: bytes(given['clientDataJSON']), attestationObject: bytes(given['attestationObject']), getTransports: () => [...((given['transports'] ?? []) as readonly string[])],
          getAuthenticatorData: () => bytes(given['authenticatorData']), getPublicKey: () => (given['publicKey'] === undefined ? null : bytes(given['publicKey'])), getPublicKeyAlgorithm: () => given['publicKeyAlgorithm'],
        })
      : own(Object.create(AuthenticatorAssertionResponse.prototype) as object, {
          clientDataJSON: bytes(given['clientDataJSON']), authenticatorData: bytes(given['authenticatorData']), signature: bytes(given['signature']),
          userHandle: typeof given['userHandle'] === 'string' ? bytes(given['userHandle']) : null,
        })
    return own(Object.create(PublicKeyCredential.prototype) as object, {
      id: json['id'], rawId: bytes(json['rawId'] ?? json['id']), type: 'public-key', authenticatorAttachment: json['authenticatorAttachment'] ?? null, response,
      getClientExtensionResults: () => ({ ...(json['clientExtensionResults'] as object | undefined) }), toJSON: () => structuredClone(json),
    }) as unknown as Credential
  }

  /** Resolves to nothing where the browser itself is to answer; also when nobody is on the other side any more. */
  const ask = (request: PageRequest, signal: AbortSignal | undefined): Promise<Credential | undefined> => new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }: MessageEvent<BridgeAnswer>) => {
      port1.close()
      if ('native' in data) resolve(undefined)
      else if ('error' in data) reject(new DOMException(data.error.message, data.error.name))
      else resolve(credentialOf(request.kind, data.response as Readonly<Record<string, unknown>>))
    }
    signal?.addEventListener('abort', () => {
      port1.postMessage('cancel')
      port1.close()
      reject(signal.reason as Error)
    }, { once: true })
    window.postMessage(request, '*', [port2])
  })

  if (container && native) {
    const replace = (kind: 'create' | 'get'): void => {
      const perform = async (options: CredentialCreationOptions & CredentialRequestOptions = {}): Promise<Credential | null> => {
        const { publicKey, mediation, signal } = options
        const waits = kind === 'get' && mediation === 'conditional'
        if (!publicKey || signal?.aborted || (mediation !== undefined && mediation !== 'optional' && mediation !== 'required' && !waits)) return native[kind](options)
        let json: object
        try {
          json = asJson(publicKey)
        } catch {
          return native[kind](options)
        }
        if (!waits) return (await ask({ doorward: 'request', kind, options: json, conditional: false }, signal)) ?? native[kind](options)
        // Whoever is chosen first, the browser's own list or the phone, ends the other one.
        const over = new AbortController()
        const either = AbortSignal.any([over.signal, ...(signal ? [signal] : [])])
        const phone = ask({ doorward: 'request', kind, options: json, conditional: true }, either).then((credential) => credential ?? new Promise<never>(() => undefined))
        try {
          return await Promise.race([phone, native.get({ ...options, signal: either })])
        } finally {
          over.abort()
          phone.catch(() => undefined)
        }
      }
      Object.defineProperty(container, kind, { value: { [kind]: (options?: object) => perform(options) }[kind], writable: true, configurable: true, enumerable: true })
    }
    replace('create')
    replace('get')
  }
}
