import type { Microsoft365 } from '../../../microsoft365/index.ts'
import type { AdminNeeds } from '../needs.ts'

export interface Microsoft365PageNeeds extends Pick<AdminNeeds, 'storage' | 'clock' | 'publicUrl' | 'users' | 'groups' | 'applications' | 'locales' | 'record' | 'signInPage'> {
  readonly room: Microsoft365
}
