/**
 * How this installation runs: URL, database, mail, limits.
 *
 * Read once at start from defaults, config/doorward.yaml and the environment, checked as a whole, frozen, and handed
 * downward in slices. The manual is config/doorward.example.yaml. What administrators edit is not here → the database.
 */
export { describeProblems, environmentName, loadConfig, optionPaths, readConfig, type Environment, type Problem } from './load.ts'
export type { Config } from './schema.ts'
export { suggest } from './suggest.ts'
