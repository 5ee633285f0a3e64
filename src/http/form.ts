import type { IncomingMessage } from 'node:http'
import { InvalidRequest, TooLarge } from '../errors.ts'

export interface UploadedFile {
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

/** The fields of a posted form. A repeated single-value field is refused instead of guessed about (SEC-86). */
export class Form {
  readonly #data: FormData
  readonly #files: ReadonlyMap<string, UploadedFile>

  constructor(data: FormData, files: ReadonlyMap<string, UploadedFile>) {
    this.#data = data
    this.#files = files
  }

  /** Trimmed text, '' when absent. */
  text(name: string): string {
    const values = this.#data.getAll(name)
    if (values.length > 1) throw new InvalidRequest('bad_form', `the field ${name} came ${values.length} times`)
    const value = values[0]
    return typeof value === 'string' ? value.trim() : ''
  }

  /** As typed, blanks at both ends included: a password is nothing else. '' when absent. */
  secret(name: string): string {
    const values = this.#data.getAll(name)
    if (values.length > 1) throw new InvalidRequest('bad_form', `the field ${name} came ${values.length} times`)
    return typeof values[0] === 'string' ? values[0] : ''
  }

  all(name: string): readonly string[] {
    return this.#data.getAll(name).filter((value) => typeof value === 'string')
  }

  /** Every text field in order, repeated ones as often as they came; for whoever passes a form on. */
  pairs(): [name: string, value: string][] {
    return [...this.#data.entries()].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))
  }

  checked(name: string): boolean {
    return this.text(name) !== ''
  }

  file(name: string): UploadedFile | undefined {
    return this.#files.get(name)
  }
}

const fieldLimit = 1_000

/** Reads a urlencoded or multipart body of at most `maxBytes`. */
export async function readForm(request: IncomingMessage, maxBytes: number): Promise<Form> {
  const type = request.headers['content-type'] ?? ''
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)) {
    throw new InvalidRequest('bad_form', `content type ${type.slice(0, 60) || '(none)'} is not a form`)
  }
  const body = await readBody(request, maxBytes)
  // Counted before the parser sees them: half a million empty fields in a megabyte keep it busy for seconds (SEC-86).
  const boundary = /boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type)
  if (countOf(body, boundary ? `--${boundary[1] ?? boundary[2] ?? ''}` : '&') > fieldLimit) throw new TooLarge('too many fields')
  let data: FormData
  try {
    data = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
  } catch (error) {
    throw new InvalidRequest('bad_form', `the form cannot be read: ${(error as Error).message}`)
  }
  const files = new Map<string, UploadedFile>()
  let fields = 0
  for (const [name, value] of data.entries()) {
    if (++fields > fieldLimit) throw new TooLarge('too many fields')
    if (name.includes('\0') || (typeof value === 'string' && value.includes('\0'))) throw new InvalidRequest('bad_form', 'a field holds a NUL')
    if (typeof value !== 'string' && value.size > 0) {
      files.set(name, { name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) })
    }
  }
  return new Form(data, files)
}

function countOf(body: Buffer, separator: string): number {
  let count = 0
  for (let at = body.indexOf(separator); at >= 0 && count <= fieldLimit; at = body.indexOf(separator, at + separator.length)) count++
  return count
}

/** Reads a body, and stops reading as soon as it is too large. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new TooLarge(`more than ${maxBytes} bytes`)
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > maxBytes) throw new TooLarge(`more than ${maxBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}
