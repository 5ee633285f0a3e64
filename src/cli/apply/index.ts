/** `doorward apply`: organizations, people, groups and applications from a file that can live in version control. */
export { readApplyDocument, type ApplyDocument } from './document.ts'
export { reconcile, type ApplyNeeds, type Step } from './reconcile.ts'
