/** What is required of whom: pure rules over settings and people. Nothing here reads a store or a clock. */
export { codeRefusal, requiredAssurance, type CodeRefusal, type MethodSettings, type PolicyUser } from './policy.ts'
