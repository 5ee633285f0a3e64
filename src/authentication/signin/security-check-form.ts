import type { Form } from '../../http/index.ts'
import type { SecurityCheck } from '../security-check/index.ts'

/** Reads the fields of the partial `security-check` and judges them. @returns the locale key of the problem, or null. */
export async function judgeSecurityCheck(check: SecurityCheck, form: Form): Promise<string | null> {
  const result = await check.judge({ token: form.text('check_token'), solution: form.text('check_solution'), sum: form.text('check_sum') })
  switch (result) {
    case 'passed': return null
    case 'failed': return 'security_check.error.failed'
    case 'expired': return 'security_check.error.expired'
  }
}
