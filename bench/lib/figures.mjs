// Figures as people read them, and tables of them: as text for a terminal, and as Markdown for `RESULTS.md`.

export const number = value => {
  if (value === undefined || Number.isNaN(value)) return '-'
  const digits = value >= 1000 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** The median, with the least and the greatest where they differ. */
export const spread = ({ median, least, greatest }) => {
  const wide = greatest - least > Math.abs(median) * 0.005
  return wide ? `${number(median)} (${number(least)} to ${number(greatest)})` : number(median)
}

/** Rows of cells under each other, as lines of text. */
export function textTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  const line = row => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd()
  return rows.map(line).join('\n')
}

/** The same; the first row is the head. */
export function markdownTable([head, ...rows]) {
  const line = row => `| ${row.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|-|${'-:|'.repeat(head.length - 1)}`, ...rows.map(line)].join('\n')
}
