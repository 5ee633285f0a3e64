/** Results and explanations both go to whoever sits there. */
export interface Terminal {
  say(text: string): void
  /** What was typed; undefined when the input ends first. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>
  /** Whether colours are understood. */
  readonly colours: boolean
}

/** Text that others chose (a phone's name): nothing in it moves the cursor or turns the direction of a line (SEC-79). */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '\ufffd')
}
