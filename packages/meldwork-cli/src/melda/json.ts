import { canonicalJson, type JsonValue, type LosslessJson } from 'meldwork/document'
import type { Terminal } from '../commands/terminal.js'

/** What a command tells to programs: JSON, or something with fields that are undefined, which are left out. */
export type Report = LosslessJson | readonly Report[] | { readonly [key: string]: Report | undefined }

/** As one line of JSON, in which all numbers have all of their digits. */
export function reportText(report: Report): string {
  return canonicalJson(without(report))
}

export function printReport(terminal: Terminal, report: Report): Promise<void> {
  return terminal.out(`${reportText(report)}\n`)
}

function without(report: Report): JsonValue {
  if (Array.isArray(report)) return report.map(without)
  if (typeof report !== 'object' || report === null) return report
  if (Object.getPrototypeOf(report) !== Object.prototype) return report as JsonValue
  const members = Object.entries(report as { [key: string]: Report | undefined })
  return Object.fromEntries(members.flatMap(([key, value]) => (value === undefined ? [] : [[key, without(value)]])))
}
