// What the processes of one workload have given: the figures of each peer, as a table, with ratios.
import { number, spread } from './figures.mjs'
import { summary } from './measure.mjs'

export const ours = 'meldwork'

/** The results of one workload: for each peer its figures, or why there are none. */
export class Results {
  peers = new Map()

  constructor(workload, peers) {
    this.workload = workload
    for (const peer of peers) this.peers.set(peer, { runs: [], figures: undefined })
  }

  /** Whether a peer has failed or is so slow that it is not asked again. */
  isDone(peer) {
    const { failure, slow } = this.peers.get(peer)
    return failure !== undefined || slow === true
  }

  add(peer, { version, results = [], unwarmed, failure, slow, limit }) {
    const result = this.peers.get(peer)
    Object.assign(result, { version: version ?? result.version, failure, slow, limit })
    result.unwarmed ||= unwarmed
    result.runs.push(...results)
    if (result.runs.length > 0)
      result.figures = Object.fromEntries(
        Object.keys(this.workload.measures).map(key => [key, summary(result.runs.map(run => run[key]))]),
      )
  }

  get failed() {
    return [...this.peers.values()].some(({ failure }) => failure !== undefined)
  }

  median(peer, measure) {
    return this.peers.get(peer)?.figures?.[measure]?.median
  }

  /** Our median divided by theirs; of a peer that was stopped there is none. */
  ratio(peer, measure) {
    const [mine, theirs] = [this.median(ours, measure), this.median(peer, measure)]
    return mine === undefined || theirs === undefined ? undefined : mine / theirs
  }

  /** Rows of cells, the first of labels: peers below each other, or our figures, where these are all that there is. */
  get table() {
    const entries = Object.entries(this.workload.measures)
    const [only] = this.peers.values()
    if (this.peers.size === 1 && this.workload.only !== undefined && only.figures)
      return [
        [ours, 'median (least to greatest)'],
        ...entries.map(([key, label]) => [label, spread(only.figures[key])]),
      ]
    return [['', ...entries.map(([, label]) => label)], ...[...this.peers].map(entry => this.row(entry, entries))]
  }

  row([peer, { version, failure, limit, figures, unwarmed }], entries) {
    const label = [peer, version, unwarmed ? '(one run, not warmed up)' : ''].filter(Boolean).join(' ')
    const blank = entries.slice(1).map(() => '')
    if (failure) return [label, `FAILED ${failure}`, ...blank]
    if (!figures) return [label, `> ${limit} s in all`, ...blank]
    const ratio = key => (peer === ours ? undefined : this.ratio(peer, key))
    const behind = key => (ratio(key) === undefined ? '' : `  x${number(ratio(key))}`)
    return [label, ...entries.map(([key]) => `${spread(figures[key])}${behind(key)}`)]
  }
}
