import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { OperatorError } from '../../errors.ts'
import type { ApplyNeeds } from './step.ts'

/** `env:NAME` or `file:path`. @throws OperatorError when it is not there or too short to be a secret. */
export function readSecret(needs: Pick<ApplyNeeds, 'environment' | 'folder'>, reference: string, application: string): string {
  let secret: string | undefined
  if (reference.startsWith('env:')) secret = needs.environment[reference.slice('env:'.length)]
  else {
    try {
      secret = readFileSync(resolve(needs.folder, reference.slice('file:'.length)), 'utf8').trim()
    } catch (error) {
      throw new OperatorError(`the secret of ${application} cannot be read from ${reference}: ${(error as Error).message}`)
    }
  }
  if (secret === undefined || secret === '') throw new OperatorError(`the secret of ${application} is not there: ${reference} is empty or not set`)
  if (secret.length < 32) throw new OperatorError(`the secret of ${application} (${reference}) has ${secret.length} characters; at least 32 random ones are needed, such as from: openssl rand -base64 32`)
  return secret
}
