import { join } from 'node:path'
import { projectFolder } from '../../app/index.ts'
import { createViews } from '../../http/index.ts'
import { explain } from '../../microsoft365/index.ts'
import type { Command } from '../command.ts'

export const explainCode: Command = {
  name: 'microsoft365 explain',
  purpose: ['Says what an error of Entra means for this server and what to do about it: a code, or the whole text of the error page in quotes. Works', 'without a database and without a network.'],
  arguments: [{ name: 'code', text: 'such as 50107, AADSTS50107, or the text of the page' }],
  options: {},
  examples: ['microsoft365 explain 50107', 'microsoft365 explain "AADSTS90072: User account …"'],
  exits: { 0: 'it was explained', 1: 'there is no code in it, or none that is known' },

  run(given, terminal) {
    const { explanations, correlationId } = explain(given.arguments[0] ?? '')
    const views = createViews({ folder: join(projectFolder, 'views'), defaultLocale: 'en', assetUrl: (name) => name, now: () => 0 })
    const text = (key: string): string => views.text('en', key)
    for (const { code, causeKey, fixKey } of explanations) {
      terminal.out(`AADSTS${code}  ${causeKey === null ? 'is not in our table. Look it up at https://login.microsoftonline.com/error.' : text(causeKey)}`)
      if (fixKey !== null) terminal.out(`  → ${text(fixKey)}`)
    }
    if (correlationId !== null) terminal.say(`Correlation ID for Microsoft's support: ${correlationId}`)
    if (explanations.length === 0) terminal.say('There is no error code in that. A code has five to seven digits, such as AADSTS50107.')
    return Promise.resolve(explanations.some(({ causeKey }) => causeKey !== null) ? 0 : 1)
  },
}
