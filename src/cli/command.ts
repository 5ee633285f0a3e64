import type { Terminal } from './terminal.ts'

/** What the operator typed, checked against the command's description. */
export interface Given {
  readonly arguments: readonly string[]
  text(option: string): string | undefined
  flag(option: string): boolean
}

export interface OptionText {
  readonly type: 'string' | 'boolean'
  /** What stands for the value in the help, for options that take one. */
  readonly value?: string
  readonly text: string
}

/** One command: its help is made from this, and what it accepts is judged by it. */
export interface Command {
  readonly name: string
  readonly purpose: readonly string[]
  readonly arguments: readonly { readonly name: string; readonly text: string }[]
  readonly options: Readonly<Record<string, OptionText>>
  /** What to type behind `doorward`, and perhaps a remark. */
  readonly examples: readonly string[]
  /** What 0 and 1 mean here; 2 is always a wrong use of the command line. */
  readonly exits: { readonly 0: string; readonly 1: string }
  /** @returns the exit code. A thrown OperatorError is 1 with its message, a thrown UsageError 2 with a pointer to the help. */
  run(given: Given, terminal: Terminal): Promise<number>
}

/** The command line itself is wrong: nothing was looked at. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
