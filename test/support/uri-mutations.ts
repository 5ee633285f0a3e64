/**
 * Addresses that look like a registered one to somebody: to a prefix or suffix comparison, to a regular expression, to a
 * browser that drops, decodes or folds characters, or to a parser that reads the authority differently (SEC-01, SEC-14).
 */
export function mutationsOf(registered: string): readonly string[] {
  const { protocol, host, pathname } = new URL(registered)
  const at = (authority: string, path = pathname): string => `${protocol}//${authority}${path}`
  const dot = host.lastIndexOf('.')
  const [front, back] = [host.slice(0, dot), host.slice(dot + 1)]
  return [
    // another host that begins, ends or contains the right one
    at('evil.example'), at(`${host}.evil.example`), at(`evil.example.${host}`), at(`evil${host}`), at(`${host}evil`), at(`evil.example/${host}`), at(`evil.example?${host}`),
    at(`evil.example#${host}`), at(`evil.example:443/${host}`), at(`sub.${host}`), at(`${host}.`), at(`${host}..`), at(`${front}-${back}`), at(`${front}%2e${back}`), at(`${front}。${back}`), at(`${front}．${back}`),
    // user names, ports, and authorities that are read in two ways
    at(`${host}@evil.example`), at(`${host}:443@evil.example`), at(`${host}%40evil.example`), at(`evil.example@${host}`), at(`user:pass@${host}`), at(`@${host}`), at(`${host}:443`), at(`${host}:80`), at(`${host}:8443`),
    at(`${host}:`), at(`${host}:@evil.example`), at(`evil.example\\@${host}`), at(`${host}\\@evil.example`), at(`evil.example%5c@${host}`), at(`evil.example\\.${host}`),
    // another scheme
    `http://${host}${pathname}`, `HTTPS://${host}${pathname}`, `//${host}${pathname}`, `///${host}${pathname}`, `https:/${host}${pathname}`, `https:${host}${pathname}`, `https:\\\\${host}${pathname}`, `javascript:alert(1)//${host}${pathname}`,
    'data:text/html,<script>alert(1)</script>', `vbscript:${host}`, `file://${host}${pathname}`, `blob:${registered}`, `ftp://${host}${pathname}`, `view-source:${registered}`, pathname, 'callback', host,
    // another path
    at(host, `${pathname}/`), at(host, `${pathname}/..`), at(host, `${pathname}/../evil`), at(host, `${pathname}/%2e%2e/evil`), at(host, `${pathname}/..%2fevil`), at(host, `/.${pathname}`), at(host, `/x/..${pathname}`), at(host, `/${pathname}`),
    at(host, `${pathname}%00`), at(host, `${pathname}%0d%0aLocation:%20https://evil.example`), at(host, pathname.toUpperCase()), at(host, `${pathname}x`), at(host, pathname.slice(0, -1)), at(host, `${pathname};x`), at(host, pathname.replace('a', '%61')), at(host, '/'), at(host, ''), at(host, '/*'),
    // something added
    `${registered}?next=https://evil.example`, `${registered}?`, `${registered}#`, `${registered}#fragment`, `${registered}&x=1`, ` ${registered}`, `${registered} `, `${registered}\t`, `\t${registered}`, `${registered}\n`, `ht\ttps://${host}${pathname}`, `${registered}\0`,
    `${registered},https://evil.example`, `${registered} https://evil.example`, `${registered}%20`, `${registered}\u200b`, `\ufeff${registered}`, at(host.toUpperCase()), at(host.replace('a', 'а')),
  ].filter((uri) => uri !== registered)
}
