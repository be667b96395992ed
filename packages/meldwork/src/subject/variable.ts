const variable = /^\?[A-Za-z0-9_]*$/

/** Whether a string of a pattern is a variable: a question mark, and then only letters, digits and `_`, or nothing. */
export function isVariable(text: string): boolean {
  return text.charCodeAt(0) === 0x3f && variable.test(text)
}
