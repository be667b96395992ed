// What we want to reach: our median divided by the peer's, in one run. `first` now, `later` afterwards.
export const goals = [
  ...['buildMs', 'applyMs', 'loadReadMs'].map(measure => ({
    workload: 'M1',
    measure,
    peer: 'json-joy',
    first: 0.5,
    later: 0.25,
  })),
  ...['M2', 'M3'].flatMap(workload =>
    ['writeMs', 'applyMs'].flatMap(measure => [
      { workload, measure, peer: 'yjs', first: 2 },
      { workload, measure, peer: 'json-joy', first: 1, later: 0.7 },
    ]),
  ),
  { workload: 'M2', measure: 'operationBytes', peer: 'json-joy', first: 0.9, later: 0.75 },
  { workload: 'M3', measure: 'operationBytes', peer: 'json-joy', first: 1.4, later: 1.15 },
]

/** Where a figure of ours is to stay below a number of its own. */
export const limits = [
  { workload: 'memory', measure: 'bytesPerObject', first: 500, later: 400 },
  { workload: 'join', measure: 'joinMs', first: 2000 },
  { workload: 'loopback', measure: 'join10k', first: 300 },
  { workload: 'loopback', measure: 'join100k', first: 3000 },
  { workload: 'loopback', measure: 'peakRatio10k', first: 2 },
  { workload: 'loopback', measure: 'peakRatio100k', first: 2 },
  { workload: 'scale', measure: 'open10k', first: 1000 },
  { workload: 'scale', measure: 'open100k', first: 1000 },
  ...['oneByOneRatio', 'writersRatio', 'burstRatio'].map(measure => ({ workload: 'durable', measure, first: 4 })),
  { workload: 'meeting', measure: 'equalBytes', first: 1024 },
  { workload: 'meeting', measure: 'lackBytes', first: 4096 },
  { workload: 'meeting', measure: 'bothBytes', first: 4096 },
  { workload: 'Q', measure: 'subjRatio', first: 0.5, later: 0.25 },
  { workload: 'Q', measure: 'poRatio', first: 0.5, later: 0.2 },
  { workload: 'Q', measure: 'joinRatio', first: 0.5, later: 0.15 },
  { workload: 'Q', measure: 'linkRatio', first: 0.5, later: 0.15 },
  // 10 rules on what is written; 100 on other properties, where nothing is to be measured beyond the noise.
  ...['M2write', 'M2apply', 'M3write', 'M3apply'].flatMap(figure => [
    { workload: 'rules', measure: `${figure}tenRatio`, first: 1.3 },
    { workload: 'rules', measure: `${figure}apartRatio`, first: 1.1 },
  ]),
  // One commit costs what it changes, neither the document nor its history; opening is linear in the history.
  { workload: 'documents', measure: 'objectRatio', first: 1.5, later: 1.2 },
  { workload: 'documents', measure: 'refreshRatio', first: 1.5, later: 1.2 },
  { workload: 'documents', measure: 'lateRatio', first: 1.5, later: 1.2 },
  { workload: 'documents', measure: 'historyRatio', first: 4, later: 2 },
  { workload: 'documents', measure: 'openRatio', first: 1, later: 0.5 },
  { workload: 'watch', measure: 'apartRatio', first: 1.3, later: 1.1 },
  { workload: 'watch', measure: 'hundredRatio', first: 6, later: 3 },
]
