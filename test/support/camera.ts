import { writeFileSync } from 'node:fs'
import { encode } from 'uqr'

const [width, height] = [640, 480]
const [black, white, grey] = [16, 235, 128]

/** Flags that give a browser a camera which sees this file, and a person who allows it. */
export function cameraFlags(file: string): readonly string[] {
  return ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${file}`]
}

/** What the camera sees from now on: a code that says this, or nothing but a white wall. One frame of YUV4MPEG2. */
export function showToCamera(file: string, text: string | undefined): void {
  const light = Buffer.alloc(width * height, white)
  if (text !== undefined) {
    const { data, size } = encode(text, { ecc: 'M', border: 4 })
    const step = Math.floor(440 / size)
    const [left, top] = [(width - step * size) >> 1, (height - step * size) >> 1]
    data.forEach((row, y) => { row.forEach((dark, x) => { if (dark) for (let line = 0; line < step; line++) light.fill(black, (top + y * step + line) * width + left + x * step, (top + y * step + line) * width + left + (x + 1) * step) }) })
  }
  const colour = Buffer.alloc(width * height / 4, grey)
  writeFileSync(file, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420\nFRAME\n`), light, colour, colour]))
}
