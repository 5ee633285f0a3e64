export type ExtensionBrowser = 'chrome' | 'firefox'
export const extensionBrowsers = ['chrome', 'firefox'] as const satisfies readonly ExtensionBrowser[]

const everywhere = ['<all_urls>']
export const firefoxId = 'pairing@doorward'

/**
 * Manifest V3. The right to all pages is asked for by a click, and only by who wants the phone in pages' forms; the right to see which page is in front
 * likewise, by who wants the phone always. Nothing is loaded from elsewhere.
 * @param order.key the public key that Chromium makes the id from; Firefox has an id in words
 */
export function manifestOf(browser: ExtensionBrowser, order: { readonly version: string; readonly key: string }): Record<string, unknown> {
  const common = {
    manifest_version: 3, name: '__MSG_name__', short_name: '__MSG_short_name__', description: '__MSG_description__', version: order.version, default_locale: 'en',
    icons: { 192: 'icons/192.png', 512: 'icons/512.png' },
    action: { default_popup: 'extension/popup.html', default_title: '__MSG_short_name__', default_icon: { 192: 'icons/192.png' } },
    storage: { managed_schema: 'managed-schema.json' },
    optional_host_permissions: everywhere,
    content_security_policy: { extension_pages: `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'` },
  }
  if (browser === 'chrome') {
    return {
      ...common, key: order.key, minimum_chrome_version: '123', permissions: ['webAuthenticationProxy', 'storage', 'alarms', 'scripting'], optional_permissions: ['tabs'],
      background: { service_worker: 'extension/background.js', type: 'module' },
    }
  }
  // Firefox takes a schema from its own policy file only, and runs a page instead of a worker.
  const { storage: _schema, ...rest } = common
  return {
    ...rest, permissions: ['storage', 'alarms', 'scripting'], background: { scripts: ['extension/background.js'], type: 'module' },
    // Mozilla signs nothing new without a word on what leaves the computer: here sites' requests for a key, sealed for the phone, and its answers.
    browser_specific_settings: { gecko: { id: firefoxId, strict_min_version: '140.0', data_collection_permissions: { required: ['authenticationInfo'] } } },
  }
}

/** What an administrator's policy may say to it. */
export const managedSchema = {
  type: 'object',
  properties: {
    server: { type: 'string', title: 'Address of the Doorward server, without a path' },
    use: { type: 'string', enum: ['off', 'always'], title: 'Whether the paired phone answers; nobody is asked' },
  },
}
