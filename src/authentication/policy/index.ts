/** What is required of whom: pure rules over settings and people. Nothing here reads a store or a clock. */
export { codeRefusal, phoneRefusal, requiredAssurance, useOf, type CodeRefusal, type MethodSettings, type PolicyUser, type WayRefusal } from './policy.ts'
