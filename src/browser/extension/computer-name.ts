const browsers: readonly (readonly [RegExp, string])[] = [[/\bEdg\//, 'Edge'], [/\bOPR\//, 'Opera'], [/\bVivaldi\//, 'Vivaldi'], [/\bFirefox\//, 'Firefox'], [/Chrome\//, 'Chrome']]
const systems: readonly (readonly [RegExp, string])[] = [[/Windows/, 'Windows'], [/Mac OS X|Macintosh/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']]

/** "Chrome on Linux": how the phone names this computer. */
export function computerName(userAgent: string): string {
  const named = (table: typeof browsers, otherwise: string): string => table.find(([pattern]) => pattern.test(userAgent))?.[1] ?? otherwise
  return `${named(browsers, 'Browser')} on ${named(systems, 'a computer')}`
}
