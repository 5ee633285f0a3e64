'use strict'
/**
 * `node config/setup/start.cjs main|cli`: names the folder of compiled code before Node meets the first file with types. Otherwise
 * src/main.ts itself brings the compiler into memory, where it stays as long as the process lives (18 MB and 0.1 s).
 */
const { enableCompileCache } = require('node:module')
const { join, resolve } = require('node:path')
const { pathToFileURL } = require('node:url')

const root = resolve(__dirname, '../..')
const [program] = process.argv.splice(2, 1)
enableCompileCache(join(root, 'node_modules/.cache/doorward'))
void import(pathToFileURL(join(root, 'src', `${program}.ts`)).href)
