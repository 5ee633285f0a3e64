import { describe, expect, it } from 'vitest'
import { Malformed, readCbor, writeCbor, type Cbor } from '../../../src/browser/authenticator/cbor.ts'

const bytes = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hex = (item: Cbor): string => Buffer.from(writeCbor(item)).toString('hex')

describe('canonical CBOR', () => {
  it.each<[string, Cbor]>([
    ['00', 0], ['17', 23], ['1818', 24], ['18ff', 255], ['190100', 256], ['19ffff', 65_535], ['1a00010000', 65_536], ['1affffffff', 4_294_967_295], ['1b0000000100000000', 4_294_967_296], ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['20', -1], ['26', -7], ['27', -8], ['37', -24], ['3818', -25], ['390100', -257], ['3a00010000', -65_537],
    ['40', bytes('')], ['43010203', bytes('010203')], ['60', ''], ['6161', 'a'], ['62c3bc', 'ü'], ['63efbbbf', '\u{feff}'], ['f4', false], ['f5', true], ['f6', null],
    ['80', []], ['8301820203820405', [1, [2, 3], [4, 5]]], ['a0', new Map()], ['a201020304', new Map([[1, 2], [3, 4]])], ['a3 01 00 20 00 61 61 00', new Map<number | string, Cbor>([[1, 0], [-1, 0], ['a', 0]])],
    ['a2 61 7a 00 62 61 61 00', new Map([['z', 0], ['aa', 0]])], ['a2 18 18 00 20 00', new Map([[24, 0], [-1, 0]])], [`58 18 ${'00'.repeat(24)}`, new Uint8Array(24)], ['81818180', [[[[]]]]],
  ])('%s is read, and written the same', (written, item) => {
    expect(readCbor(bytes(written))).toEqual(item)
    expect(hex(item)).toBe(written.replaceAll(' ', ''))
  })

  it.each([
    ['nothing', ''], ['something behind', '0000'], ['a longer head than needed', '1800'], ['a longer head than needed', '1817'], ['a longer head than needed', '1900ff'], ['a longer head than needed', '1a0000ffff'], ['a longer head than needed', '1b00000000ffffffff'],
    ['a length that is longer than needed', '580100'], ['a length that is longer than needed', '780161'], ['a number without meaning', '1bffffffffffffffff'], ['a number cut off', '19ff'], ['a number cut off', '1a000000'],
    ['no known length', '5f4100ff'], ['no known length', '7f6161ff'], ['no known length', '9f00ff'], ['no known length', 'bf0000ff'], ['a break', 'ff'], ['bytes cut off', '4301'], ['a text cut off', '6261'], ['an array cut off', '8200'], ['a map cut off', 'a100'],
    ['a length beyond the end', '5affffffff'], ['a length beyond the end', '9affffffff'], ['a length beyond the end', 'ba7fffffff'], ['keys out of order', 'a2 03 00 01 00'], ['keys out of order', 'a2 20 00 01 00'], ['keys out of order', 'a2 62 61 61 00 61 7a 00'], ['keys out of order', 'a2 61 62 00 61 61 00'],
    ['a key twice', 'a2 01 00 01 00'], ['a key twice', 'a2 61 61 00 61 61 01'], ['bytes as a key', 'a1 40 00'], ['an array as a key', 'a1 80 00'], ['true as a key', 'a1 f5 00'], ['a tag', 'c0 00'], ['a tag', 'd8 20 60'], ['a float', 'f90000'], ['a float', 'fa00000000'], ['a float', 'fb0000000000000000'],
    ['undefined', 'f7'], ['another simple value', 'e0'], ['another simple value', 'f8ff'], ['no UTF-8', '61ff'], ['no UTF-8', '62c328'], ['half a surrogate', '63eda080'], ['five arrays in each other', '8181818180'], ['five maps in each other', 'a100a100a100a100a0'], ['a reserved length', '1c'], ['a reserved length', '5d'],
  ])('%s is refused: %s', (_why, written) => {
    expect(() => readCbor(bytes(written))).toThrow(Malformed)
  })

  it('takes as long for a wrong length as for a right one', () => {
    const started = Date.now()
    for (let times = 0; times < 10_000; times += 1) expect(() => readCbor(bytes('9a7fffffff'))).toThrow(Malformed)
    expect(Date.now() - started).toBeLessThan(10_000)
  })
})
