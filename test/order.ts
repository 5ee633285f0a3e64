import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest, longest first. */
const dear = [
  'integration/migrations', 'integration/sign-in-walk', 'integration/sign-in-timing', 'integration/cli', 'integration/directory/active-directory', 'integration/sign-in-password', 'integration/sign-in-limits',
  'integration/microsoft365/command-line', 'integration/app-edges', 'integration/sign-in-enumeration', 'integration/sign-in-totp', 'e2e/pages', 'e2e/phone-app', 'e2e/extension-pages', 'e2e/microsoft-keys', 'e2e/phone-screens',
]

/** Dear files first: one that began last would run on alone, beside cores with nothing to do. Of the others the bigger ones first. */
export class DearFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = dear.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      return found < 0 ? dear.length : found
    }
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}
