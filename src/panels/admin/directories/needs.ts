import type { AdminNeeds } from '../needs.ts'

export type DirectoryPageNeeds = AdminNeeds
