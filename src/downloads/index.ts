/**
 * What people take away: the browser extension that makes a paired phone a security key, and the agent that does so for programs of Linux.
 *
 *   extension.ts    which files it consists of, for Chromium and for Firefox; its code is src/browser/extension
 *   agent.ts        the folder of src/agent; imports.ts, which files come along
 *   manifest.ts     what the extension may do
 *   identity.ts     the key that its id comes from, the same at every start and on every node
 *   archive.ts      one file of many, the same bytes each time; packed.ts signs it for managed browsers
 *   roll-out.ts     what an administrator writes into a browser's policy
 *
 * The pages that offer it → ../panels/guidance.
 */
export { createAgent, type Agent } from './agent.ts'
export { createExtension, extensionBrowsers, isExtensionBrowser, type Download, type Extension, type ExtensionBrowser } from './extension.ts'
export { updateManifest } from './packed.ts'
export { policyOf, type RollOut } from './roll-out.ts'
