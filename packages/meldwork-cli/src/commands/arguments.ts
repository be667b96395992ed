import { InvalidArgumentError } from 'commander'

/** A TCP port. @throws InvalidArgumentError, which commander shows beside the option */
export function readPort(text: string): number {
  return readWhole(text, 0, 65_535)
}

/** A whole number from 1. @throws InvalidArgumentError */
export function readCount(text: string): number {
  return readWhole(text, 1, Number.MAX_SAFE_INTEGER)
}

/** A number of bytes: `1048576`, `1024k`, `1M`. @throws InvalidArgumentError */
export function readBytes(text: string): number {
  const [, digits, unit] = /^(\d+)\s*([kKmM]?)i?[bB]?$/.exec(text) ?? []
  if (digits === undefined) throw new InvalidArgumentError('It is a number of bytes, such as 65536, 64k or 1M.')
  const factor = { '': 1, k: 1024, m: 1024 * 1024 }[unit.toLowerCase()]!
  return readWhole(String(Number(digits) * factor), 1, Number.MAX_SAFE_INTEGER)
}

/** Seconds, as milliseconds. @throws InvalidArgumentError */
export function readSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds >= 0) || seconds > 1_000_000)
    throw new InvalidArgumentError('It is a number of seconds, such as 10 or 0.5.')
  return Math.round(seconds * 1000)
}

/** An option that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value]
}

function readWhole(text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
  return value
}
