/** Turns the direction of what follows, or is there without being seen. Joiners stay: Persian and emoji are written with them. */
const hidden = /[\p{Bidi_Control}\u00ad\u200b\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/gu

/** A text that others chose (a site, a computer, the server between) as it may be shown and kept: one line, of at most so many characters (SEC-79). */
export function plain(text: string, longest = 100): string {
  // What is far too long is cut first: it may be as long as a frame.
  const line = text.slice(0, longest * 20).toWellFormed().replaceAll(hidden, '').replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  const letters = [...line]
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : line
}
