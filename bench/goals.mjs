// What we want to reach, in one run. `peer`: our median divided by the peer's; without one, a figure of our own. `first` now, `later` afterwards; `atLeast`: the more the better;
// `must`: to miss it fails the run.
const json = { peer: 'json-joy' }

export const goals = [
  ...['buildMs', 'applyMs', 'loadReadMs'].map(measure => ({
    workload: 'M1',
    measure,
    ...json,
    first: 0.5,
    later: 0.25,
  })),
  ...['M2', 'M3'].flatMap(workload =>
    ['writeMs', 'applyMs'].map(measure => ({ workload, measure, ...json, first: 1, later: 0.7 })),
  ),
  { workload: 'M2', measure: 'operationBytes', ...json, first: 0.9, later: 0.75 },
  { workload: 'M3', measure: 'operationBytes', ...json, first: 1.4, later: 1.15 },
  { workload: 'whole', measure: 'sentBytes', peer: 'automerge', first: 0.7, later: 0.6 },
  { workload: 'memory', measure: 'bytesPerObject', first: 500, later: 400 },
  { workload: 'B3.1', measure: 'applyMs', ...json, first: 1 },
  { workload: 'S1', measure: 'subjectsRate', ...json, first: 0.7, later: 1, atLeast: true },
  { workload: 'S1', measure: 'propertiesRate', ...json, first: 0.5, later: 0.7, atLeast: true },
  { workload: 'S2', measure: 'totalMs', peer: 'loro', first: 0.5, later: 0.25 },
  { workload: 'S2', measure: 'differenceBytes', peer: 'loro', first: 1.05, later: 1 },
  { workload: 'Q', measure: 'subjRatio', first: 0.5, later: 0.25 },
  { workload: 'Q', measure: 'poRatio', first: 0.5, later: 0.2 },
  { workload: 'Q', measure: 'joinRatio', first: 0.5, later: 0.15 },
  { workload: 'Q', measure: 'linkRatio', first: 0.5, later: 0.15 },
  { workload: 'Q', measure: 'loadRatio', first: 0.4, later: 0.25 },
  { workload: 'Q', measure: 'memoryRatio', first: 0.2, later: 0.1 },
  ...['10k', '100k'].flatMap(size => [
    { workload: 'J', measure: `new${size}`, first: 2, later: 1 },
    { workload: 'J', measure: `merge${size}`, first: 5, later: 3 },
  ]),
  // Flat: as much for each subject.
  { workload: 'J', measure: 'newFlat', first: 1.3, later: 1.1 },
  { workload: 'J', measure: 'mergeFlat', first: 1.3, later: 1.1 },
  { workload: 'm-ld', measure: 'writeTimes', first: 150, later: 400, atLeast: true },
  { workload: 'm-ld', measure: 'getTimes', first: 80, later: 200, atLeast: true },
  { workload: 'm-ld', measure: 'queryTimes', first: 65, later: 300, atLeast: true },
  { workload: 'm-ld', measure: 'joinTimes', first: 100, later: 300, atLeast: true },
  ...['writersRatio', 'burstRatio'].map(measure => ({
    workload: 'durable',
    measure,
    first: 0.25,
    later: 0.6,
    atLeast: true,
  })),
  { workload: 'durable', measure: 'oneByOneRatio', first: 0.25, later: 0.6, atLeast: true },
  ...['write', 'get', 'query', 'merge', 'join', 'open', 'list', 'watch'].map(measure => ({
    workload: 'growth',
    measure,
    first: 1.15,
    must: true,
  })),
  // Those of no comparison: of earlier pieces of work.
  { workload: 'join', measure: 'joinMs', first: 2000 },
  { workload: 'loopback', measure: 'join10k', first: 300 },
  { workload: 'loopback', measure: 'join100k', first: 3000 },
  { workload: 'loopback', measure: 'peakRatio10k', first: 2 },
  { workload: 'loopback', measure: 'peakRatio100k', first: 2 },
  { workload: 'scale', measure: 'open10k', first: 1000 },
  { workload: 'scale', measure: 'open100k', first: 1000 },
  { workload: 'meeting', measure: 'equalBytes', first: 1024 },
  { workload: 'meeting', measure: 'lackBytes', first: 4096 },
  { workload: 'meeting', measure: 'bothBytes', first: 4096 },
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
