export type Values = string | Buffer | readonly (string | Buffer)[]
export type Attributes = Readonly<Record<string, Values>>

/** One entry as LDIF (RFC 2849); what is not plain ASCII goes in base64. */
export function ldif(dn: string, attributes: Attributes): string {
  const lines = Object.entries(attributes).flatMap(([name, values]) => listOf(values).map((value) => line(name, value)))
  return `${line('dn', dn)}\n${lines.join('\n')}\n\n`
}

export function listOf(values: Values): readonly (string | Buffer)[] {
  return typeof values === 'string' || Buffer.isBuffer(values) ? [values] : values
}

function line(name: string, value: string | Buffer): string {
  return typeof value === 'string' && /^[!-9;=-~][ -~]*(?<! )$/.test(value) ? `${name}: ${value}` : `${name}:: ${Buffer.from(value).toString('base64')}`
}
