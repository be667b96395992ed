import type { Constraint } from 'meldwork'

/**
 * What holds on a board, whoever writes at once: a card has one title, the one written last until somebody has chosen. The build writes them beside the page, as
 * `constraints.json`, so that a gateway opens its clone of the board under the same.
 */
export const rules: readonly Constraint[] = [
  { '@type': 'single-valued', property: 'title', class: 'Card', winner: 'latest' },
]
