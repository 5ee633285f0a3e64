/** Values for Windows' web sign-in, to copy into Intune or a provisioning package (section 2.8). */
export interface WindowsKit {
  /** Intune's custom profiles name settings so. */
  readonly settings: readonly { readonly name: string; readonly omaUri: string; readonly type: 'Integer' | 'String'; readonly value: string }[]
  /** The same for Windows Configuration Designer, as the path in its tree. */
  readonly package: readonly { readonly path: string; readonly value: string }[]
}

/**
 * @param publicUrl where people sign in here; its host is the only one that the lock screen has to be allowed to open besides Microsoft's
 */
export function windowsKit(publicUrl: string): WindowsKit {
  const { host } = new URL(publicUrl)
  return {
    settings: [
      { name: 'Enable Web Sign In', omaUri: './Device/Vendor/MSFT/Policy/Config/Authentication/EnableWebSignIn', type: 'Integer', value: '1' },
      { name: 'Configure Web Sign In Allowed Urls', omaUri: './Device/Vendor/MSFT/Policy/Config/Authentication/ConfigureWebSignInAllowedUrls', type: 'String', value: host },
      { name: 'Configure Webcam Access Domain Names', omaUri: './Device/Vendor/MSFT/Policy/Config/Authentication/ConfigureWebcamAccessDomainNames', type: 'String', value: host },
    ],
    package: [
      { path: 'Policies/Authentication/EnableWebSignIn', value: 'Enabled' },
      { path: 'Policies/Authentication/ConfigureWebSignInAllowedUrls', value: host },
    ],
  }
}

/**
 * Every host that a page makes a browser visit: addresses of scripts, styles, pictures, frames and forms, and what its policy would
 * allow. The lock screen opens only what is on its list, so there must be one.
 * @param own the address of the page itself
 */
export function signInHosts(html: string, contentSecurityPolicy: string, own: string): string[] {
  const hosts = new Set([new URL(own).host])
  for (const [, value = ''] of html.matchAll(/\b(?:src|href|action|formaction|poster|data|srcset)\s*=\s*"([^"]{1,2000})"/gi)) {
    const address = value.replaceAll('&amp;', '&').split(/[\s,]/)[0] ?? ''
    if (address !== '' && URL.canParse(address, own) && /^https?:$/.test(new URL(address, own).protocol)) hosts.add(new URL(address, own).host)
  }
  for (const source of contentSecurityPolicy.split(/[;\s]+/)) if (/^https?:\/\//.test(source) && URL.canParse(source)) hosts.add(new URL(source).host)
  return [...hosts]
}
