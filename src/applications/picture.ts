/** What browsers show as a picture and cannot run: the type is read from the bytes, never from the name (SEC-89). */
export type PictureType = 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif'

export const maxPictureBytes = 200_000

export function pictureType(bytes: Uint8Array): PictureType | undefined {
  const starts = (...values: number[]): boolean => values.every((value, index) => bytes[index] === value)
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg'
  if (starts(0x47, 0x49, 0x46, 0x38)) return 'image/gif'
  if (starts(0x52, 0x49, 0x46, 0x46) && Buffer.from(bytes.subarray(8, 12)).toString('latin1') === 'WEBP') return 'image/webp'
  return undefined
}

/** @returns the picture, or the locale key of what is wrong with it. */
export function readPicture(file: { readonly bytes: Buffer }): { readonly bytes: Buffer; readonly type: PictureType } | 'picture.error.too_large' | 'picture.error.type' {
  if (file.bytes.length > maxPictureBytes) return 'picture.error.too_large'
  const type = pictureType(file.bytes)
  return type ? { bytes: file.bytes, type } : 'picture.error.type'
}
