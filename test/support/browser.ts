import { request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  readonly location: string | undefined
  /** Where this answer came from, after redirects. */
  readonly path: string
  json<T>(): T
}

type Fields = Readonly<Record<string, string | readonly string[]>>

export interface RequestOptions { readonly headers?: Readonly<Record<string, string>>; readonly follow?: boolean }

/**
 * A browser without a screen: cookies, redirects inside the site, and forms that carry their page's token. Redirects to
 * other hosts are not followed; `location` names them.
 */
export class Browser {
  readonly cookies: Map<string, string>
  readonly origin: string
  readonly userAgent: string
  /** The last page that was shown; a redirect is none. */
  page = ''
  readonly #node: string
  #token = ''

  /** @param node the address that takes the requests for `origin`, as behind a load balancer */
  constructor(origin: string, userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36', node = origin, cookies = new Map<string, string>()) {
    this.origin = origin
    this.userAgent = userAgent
    this.#node = node
    this.cookies = cookies
  }

  /** The same browser, whose next requests another node takes. */
  through(node: string): Browser {
    const same = new Browser(this.origin, this.userAgent, node, this.cookies)
    same.page = this.page
    same.#token = this.#token
    return same
  }

  get(path: string, options: RequestOptions = {}): Promise<Answer> {
    return this.#send('GET', path, undefined, options)
  }

  head(path: string): Promise<Answer> {
    return this.send('HEAD', path)
  }

  /** A request without a body, by any method. */
  send(method: string, path: string): Promise<Answer> {
    return this.#send(method, path, undefined, {})
  }

  /** Sends a form; `csrf` is the token of the last form unless given. */
  post(path: string, fields: Fields = {}, options: RequestOptions = {}): Promise<Answer> {
    const body = new URLSearchParams()
    if (!('csrf' in fields)) body.append('csrf', this.csrf())
    for (const [name, value] of Object.entries(fields)) for (const one of typeof value === 'string' ? [value] : value) body.append(name, one)
    return this.#send('POST', path, { type: 'application/x-www-form-urlencoded', content: Buffer.from(body.toString()) }, { ...options, headers: { 'sec-fetch-site': 'same-origin', origin: this.origin, ...options.headers } })
  }

  /** A form with files (multipart/form-data). */
  async upload(path: string, fields: Readonly<Record<string, string | Blob>>, options: RequestOptions = {}): Promise<Answer> {
    const form = new FormData()
    form.append('csrf', this.csrf())
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === 'string') form.append(name, value)
      else form.append(name, value, 'file')
    }
    const encoded = new Response(form)
    return this.#send('POST', path, { type: encoded.headers.get('content-type') ?? '', content: Buffer.from(await encoded.arrayBuffer()) }, { ...options, headers: { 'sec-fetch-site': 'same-origin', origin: this.origin, ...options.headers } })
  }

  /** The token of the last page that had a form; it is one for all pages of a browser. */
  csrf(): string {
    return this.#token
  }

  async #send(method: string, path: string, body: { type: string; content: Buffer } | undefined, options: RequestOptions): Promise<Answer> {
    const url = new URL(path, this.origin)
    if (url.origin !== this.origin) throw new Error(`this browser stays on ${this.origin}, asked for ${url.href}`)
    const headers = {
      host: url.host, accept: 'text/html', 'user-agent': this.userAgent, ...(this.cookies.size > 0 ? { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
      ...(body ? { 'content-type': body.type, 'content-length': String(body.content.length) } : {}), ...options.headers,
    }
    const answer = await new Promise<Answer>((resolve, reject) => {
      const sent = request(new URL(url.pathname + url.search, this.#node), { method, headers }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(parts).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, location: response.headers.location, path: url.pathname + url.search, json: <T>() => JSON.parse(text) as T })
        })
      })
      sent.on('error', reject)
      sent.end(body?.content)
    })
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) this.#keep(line)
    if (answer.location === undefined && answer.headers['content-type']?.toString().includes('text/html') && answer.body !== '') {
      this.page = answer.body
      this.#token = /name="csrf" value="([^"]*)"/.exec(this.page)?.[1] ?? this.#token
    }
    if (options.follow !== false && answer.location !== undefined && answer.status >= 300 && answer.status < 400) {
      const next = new URL(answer.location, url)
      if (next.origin === this.origin) return this.#send('GET', next.pathname + next.search, undefined, options.headers?.['accept'] ? { headers: { accept: options.headers['accept'] } } : {})
    }
    return answer
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';')
    const [name = '', ...value] = pair.split('=')
    if (attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute) || /^\s*expires=Thu, 01 Jan 1970/i.test(attribute))) this.cookies.delete(name)
    else this.cookies.set(name, value.join('='))
  }
}
