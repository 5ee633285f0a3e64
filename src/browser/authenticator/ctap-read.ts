import { base64url, type Bytes } from '../pairing/bytes.ts'
import type { Cbor, CborKey, CborMap } from './cbor.ts'
import type { Protection } from './credential.ts'
import { CtapError, status } from './ctap-status.ts'

/** Parameters of a command by their type. @throws CtapError */
export interface Parameters {
  bytes(key: CborKey): Bytes | undefined
  text(key: CborKey): string | undefined
  number(key: CborKey): number | undefined
  flag(key: CborKey): boolean | undefined
  map(key: CborKey): Parameters | undefined
  maps(key: CborKey): readonly Parameters[] | undefined
  texts(key: CborKey): readonly string[] | undefined
  /** Every value of it, since an option that we do not know has to be true or false too. */
  flags(key: CborKey): ReadonlyMap<CborKey, boolean> | undefined
}

export function parametersOf(item: Cbor): Parameters {
  if (!(item instanceof Map)) throw new CtapError(status.unexpectedType)
  const map = item as CborMap
  const read = <T extends Cbor>(key: CborKey, fits: (value: Cbor) => value is T): T | undefined => {
    const value = map.get(key)
    if (value !== undefined && !fits(value)) throw new CtapError(status.unexpectedType)
    return value
  }
  return {
    bytes: (key) => read(key, isBytes),
    text: (key) => read(key, isText),
    number: (key) => read(key, isNumber),
    flag: (key) => read(key, isFlag),
    map: (key) => mapped(read(key, isMap)),
    maps: (key) => read(key, isList)?.map(parametersOf),
    texts: (key) => read(key, isList)?.map((value) => { if (isText(value)) return value; throw new CtapError(status.unexpectedType) }),
    flags(key) {
      const entries = [...read(key, isMap) ?? []].map(([name, value]): [CborKey, boolean] => { if (typeof value === 'boolean') return [name, value]; throw new CtapError(status.unexpectedType) })
      return map.has(key) ? new Map(entries) : undefined
    },
  }
}

const mapped = (map: CborMap | undefined): Parameters | undefined => (map ? parametersOf(map) : undefined)
const isBytes = (value: Cbor): value is Bytes => value instanceof Uint8Array
const isText = (value: Cbor): value is string => typeof value === 'string'
const isNumber = (value: Cbor): value is number => typeof value === 'number'
const isFlag = (value: Cbor): value is boolean => typeof value === 'boolean'
const isMap = (value: Cbor): value is CborMap => value instanceof Map
const isList = (value: Cbor): value is readonly Cbor[] => Array.isArray(value)

/** @throws CtapError */
export function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new CtapError(status.missingParameter)
  return value
}

export function readHash(bytes: Bytes | undefined): Bytes {
  const hash = needed(bytes)
  if (hash.length !== 32) throw new CtapError(status.invalidLength)
  return hash
}

export function readRpId(text: string | undefined): string {
  const rpId = needed(text)
  if (rpId === '' || rpId.length > 253) throw new CtapError(status.invalidLength)
  // Programs write domains, or names of their own (`ssh:`); letters that look like others are none of a domain's.
  if (!/^[\x21-\x7e]+$/.test(rpId)) throw new CtapError(status.invalidParameter)
  return rpId
}

/** Ids of public-key credentials; other types are none of ours. */
export function readDescriptors(descriptors: readonly Parameters[] | undefined): readonly string[] {
  if (descriptors && descriptors.length > 200) throw new CtapError(status.limitExceeded)
  return (descriptors ?? []).flatMap((descriptor) => {
    const [id, type] = [needed(descriptor.bytes('id')), needed(descriptor.text('type'))]
    return type === 'public-key' ? [base64url(id)] : []
  })
}

export function readAlgorithms(list: readonly Parameters[] | undefined): readonly number[] {
  return needed(list).flatMap((entry) => {
    const [algorithm, type] = [needed(entry.number('alg')), needed(entry.text('type'))]
    return type === 'public-key' ? [algorithm] : []
  })
}

/**
 * Programs that only want to know which of several keys the person means have no command for that with keys of CTAP 2.0, so they have a credential made for
 * nobody: Chromium's `.dummy`, Firefox' `make.me.blink`, and what libfido2 calls its dummy.
 */
export function isSelection(rpId: string, userName: string, discoverable: boolean): boolean {
  return !discoverable && (rpId === '.dummy' || rpId === 'make.me.blink' || (rpId === 'localhost' && userName === 'dummy'))
}

/** A PIN or a token: there are none, since the phone itself verifies its person (CTAP 2.1 §6.1.2 step 2). */
export function refusePin(param: Bytes | undefined, protocol: number | undefined): void {
  if (param === undefined) return
  needed(protocol)
  throw new CtapError(status.invalidParameter)
}

export function readProtection(value: number | undefined): Protection | undefined {
  if (value !== undefined && value !== 1 && value !== 2 && value !== 3) throw new CtapError(status.invalidOption)
  return value
}
