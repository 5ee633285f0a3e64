import type { Views } from '../../../src/http/index.ts'
import { accountExamples, accountVariants } from './account.ts'
import { adminApplicationsExamples } from './admin-applications.ts'
import { adminAuditExamples } from './admin-audit.ts'
import { adminDirectoriesExamples, adminDirectoriesVariants } from './admin-directories.ts'
import { adminExternalMfaExamples, adminExternalMfaVariants } from './admin-external-mfa.ts'
import { adminFederationExamples, adminFederationVariants } from './admin-federation.ts'
import { adminFilesExamples, adminFilesVariants } from './admin-files.ts'
import { adminMicrosoftExamples } from './admin-microsoft.ts'
import { adminPeopleExamples, adminPeopleVariants } from './admin-people.ts'
import { adminScimExamples, adminScimVariants } from './admin-scim.ts'
import { adminSettingsExamples } from './admin-settings.ts'
import { exchangeExamples } from './exchange.ts'
import { guidanceExamples, guidanceVariants } from './guidance.ts'
import { microsoftKeyExamples, microsoftKeyVariants } from './microsoft-keys.ts'
import { oidcExamples } from './oidc.ts'
import { phoneExamples, phoneVariants } from './phone.ts'
import { signInExamples, signInVariants } from './signin.ts'
import { welcomeExamples, welcomeVariants } from './welcome.ts'

type Examples = { readonly [N in keyof Views]: Views[N] }

/** One example of every page: a page without one does not compile. Used by tests of views, by pictures and by axe. */
const examples: Examples = {
  ...signInExamples, ...phoneExamples, ...guidanceExamples, ...welcomeExamples, ...oidcExamples, ...exchangeExamples, ...accountExamples, ...adminPeopleExamples, ...adminApplicationsExamples, ...adminFederationExamples, ...adminAuditExamples, ...adminExternalMfaExamples, ...adminMicrosoftExamples, ...microsoftKeyExamples, ...adminFilesExamples, ...adminScimExamples, ...adminDirectoriesExamples, ...adminSettingsExamples,
}

/** The other faces of a page: with errors, empty, refused. */
const variants: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { ...signInVariants, ...phoneVariants, ...guidanceVariants, ...welcomeVariants, ...accountVariants, ...adminPeopleVariants, ...adminFederationVariants, ...adminExternalMfaVariants, ...microsoftKeyVariants, ...adminFilesVariants, ...adminScimVariants, ...adminDirectoriesVariants }

export interface ViewExample {
  readonly page: keyof Views
  /** The page's name, and for another face of it what is different. */
  readonly name: string
  readonly model: Views[keyof Views]
}

export const viewExamples: readonly ViewExample[] = Object.entries(examples).flatMap(([page, model]) => [
  { page: page as keyof Views, name: page, model: model as Views[keyof Views] },
  ...Object.entries(variants[page] ?? {}).map(([what, other]) => ({ page: page as keyof Views, name: `${page}, ${what}`, model: other as Views[keyof Views] })),
])
