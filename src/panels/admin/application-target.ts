import type { Application } from '../../applications/index.ts'

/** How the audit log names an application. */
export function targetOf(application: Pick<Application, 'id' | 'name'>) {
  return { kind: 'application', id: application.id, name: application.name } as const
}
