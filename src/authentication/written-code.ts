import { randomBytes } from 'node:crypto'

// Crockford's alphabet: no I, L, O or U, so that a code survives handwriting and the telephone.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** 80 random bits as 16 characters, for secrets that people write down. */
export function newWrittenCode(): string {
  let bits = 0n
  for (const byte of randomBytes(10)) bits = (bits << 8n) | BigInt(byte)
  return Array.from({ length: 16 }, (_, index) => alphabet[Number((bits >> BigInt(index * 5)) & 31n)]).join('')
}

export function formatWrittenCode(code: string): string {
  return code.replaceAll(/(.{4})(?=.)/g, '$1-')
}

/** Forgives case, blanks, dashes and the letters that look like digits. */
export function readWrittenCode(typed: string): string | undefined {
  const code = typed.normalize('NFKC').toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  return code.length === 16 && [...code].every((character) => alphabet.includes(character)) ? code : undefined
}
