/**
 * What people take away: the browser extension that makes a paired phone a security key, as this server's own files.
 *
 *   extension.ts    which files it consists of, for Chromium and for Firefox; its code is src/browser/extension
 *   manifest.ts     what it may do
 *   identity.ts     the key that its id comes from, the same at every start and on every node
 *   archive.ts      one file of many, the same bytes each time; packed.ts signs it for managed browsers
 *   roll-out.ts     what an administrator writes into a browser's policy
 *
 * The pages that offer it → ../panels/guidance.
 */
export { createExtension, extensionBrowsers, isExtensionBrowser, type Download, type Extension, type ExtensionBrowser } from './extension.ts'
export { updateManifest } from './packed.ts'
export { policyOf, type RollOut } from './roll-out.ts'
