/** Controls of terminals, ends of lines, and what turns the direction of text. */
const controls = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A text that somebody else has written, for a terminal: on one line, and with nothing in it that a terminal would obey. */
export function plainText(text: string): string {
  return text.replace(controls, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A list of such texts, of which the first few are told. */
export function plainList(texts: readonly string[], most = 3): string {
  const told = texts.slice(0, most).map(plainText).join(', ')
  return texts.length > most ? `${told} and ${texts.length - most} more` : told
}
