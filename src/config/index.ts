/**
 * How this installation runs: URL, database, mail, limits.
 *
 * Read once at start from defaults, config/doorward.yaml and the environment, checked as a whole, frozen, and handed
 * downward in slices. The manual is config/doorward.example.yaml. What administrators edit is not here → the database.
 */
export { describeSettings, type Setting } from './describe.ts'
export { describeProblems, environmentName, loadConfig, loadSettings, optionPaths, readConfig, type Environment, type LoadedConfig, type Problem, type Sources } from './load.ts'
export type { Config } from './schema.ts'
export { suggest } from './suggest.ts'
