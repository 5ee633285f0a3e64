import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** The files and all that they import, by their names. */
export function withImports(names: readonly string[], read: (name: string) => Buffer): [string, Buffer][] {
  const found = new Map<string, Buffer>()
  const visit = (name: string): void => {
    if (found.has(name)) return
    const body = read(name)
    found.set(name, body)
    if (name.startsWith('vendor/')) return
    for (const [, target = ''] of body.toString('utf8').matchAll(/^(?:import|export)\s(?:[^'`;]*?\sfrom\s)?'(\.[^']+)'/gm)) visit(posix.join(posix.dirname(name), target))
  }
  for (const name of names) visit(name)
  return [...found]
}

/** Of the packages whose files are inside. */
export function licences(projectFolder: string, packages: readonly string[]): [string, Buffer][] {
  return packages.flatMap((name): [string, Buffer][] => {
    const path = join(projectFolder, 'node_modules', name, 'LICENSE')
    return existsSync(path) ? [[`vendor/${name}/LICENSE`, readFileSync(path)]] : []
  })
}
