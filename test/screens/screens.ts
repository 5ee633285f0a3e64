import { mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { launchChromium } from '../support/chromium.ts'
import { openGallery, type Look } from '../support/gallery.ts'

/** `npm run screens [name]`: a picture of every page, or of those whose name contains the word, in four looks. */
const folder = fileURLToPath(new URL('../.output/screens', import.meta.url))
const looks: readonly (Look & { readonly name: string; readonly width: number })[] = [
  { name: 'desktop', width: 1_280, locale: 'en', theme: 'light' },
  { name: 'narrow', width: 360, locale: 'de', theme: 'light' },
  { name: 'dark', width: 1_280, locale: 'en', theme: 'dark' },
  { name: 'right-to-left', width: 1_280, locale: 'fa', theme: 'light' },
]

const wanted = process.argv[2] ?? ''
rmSync(folder, { recursive: true, force: true })
const gallery = await openGallery()
const browser = await launchChromium()
let pictures = 0
for (const look of looks) {
  const page = await browser.newPage({ viewport: { width: look.width, height: 720 } })
  mkdirSync(`${folder}/${look.name}`, { recursive: true })
  for (const name of gallery.names.filter((one) => one.includes(wanted))) {
    await page.goto(gallery.address(name, look))
    await page.screenshot({ path: `${folder}/${look.name}/${name.replaceAll(/[/, ]+/g, '-')}.png`, fullPage: true })
    pictures++
  }
  await page.close()
}
await browser.close()
await gallery.close()
console.log(`${pictures} pictures in test/.output/screens`)
