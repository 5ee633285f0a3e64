import type { Extension } from './extension.ts'
import { firefoxId } from './manifest.ts'

/** Policies to copy, each a JSON text: for Chromium browsers what installs it and what it shall do, for Firefox both in one. */
export interface RollOut {
  readonly chromium: string
  readonly chromiumManaged: string
  readonly firefox: string
  /** For Firefox ESR, which can be told to take what Mozilla has not signed; then from nobody else. */
  readonly firefoxUnsigned: string
  readonly updateAddress: string
}

export function policyOf({ id, download }: Pick<Extension, 'id' | 'download'>, publicUrl: string): RollOut {
  const updateAddress = `${publicUrl}/downloads/extension-update.xml`
  const managed = { server: publicUrl, use: 'always' }
  const text = (value: unknown): string => JSON.stringify(value, null, 2)
  const firefoxSettings = { [firefoxId]: { installation_mode: 'force_installed', install_url: `${publicUrl}/downloads/${download('firefox').name}` } }
  const firefoxManaged = { '3rdparty': { Extensions: { [firefoxId]: managed } } }
  return {
    updateAddress,
    chromium: text({ ExtensionInstallForcelist: [`${id};${updateAddress}`], ExtensionSettings: { [id]: { installation_mode: 'force_installed', update_url: updateAddress, toolbar_pin: 'force_pinned' } } }),
    chromiumManaged: text({ '3rdparty': { extensions: { [id]: managed } } }),
    firefox: text({ policies: { ExtensionSettings: firefoxSettings, ...firefoxManaged } }),
    firefoxUnsigned: text({ policies: { Preferences: { 'xpinstall.signatures.required': { Value: false, Status: 'locked' } }, ExtensionSettings: { '*': { installation_mode: 'blocked' }, ...firefoxSettings }, ...firefoxManaged } }),
  }
}
