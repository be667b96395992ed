/** A new name that nobody else has: 20 letters and digits, 119 bits. `crypto.randomUUID` is missing on plain http. */
export function newName(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
  let name = ''
  while (name.length < 20)
    for (const byte of crypto.getRandomValues(new Uint8Array(32)))
      if (byte < 4 * letters.length) name += letters[byte % letters.length]
  return name.slice(0, 20)
}
