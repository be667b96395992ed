import type { ValueId } from '../rdf/index.js'
import type { GraphSubject, Solution } from '../subject/index.js'
import type { Answer, Answers, AnswerTools } from './answer.js'
import { Constructor } from './construct.js'
import { type Cursor, Progress } from './cursor.js'
import { Descriptions } from './describe.js'
import { Planner } from './plan.js'
import type { ReadPlan } from './read-request.js'

/** Begins to answer. */
export function answersOf(plan: ReadPlan, tools: AnswerTools): Answers {
  const cursor = new Planner(tools.execution, tools.writer.iris).plan(plan.algebra)
  cursor.open()
  switch (plan.form) {
    case 'select':
      return new Solutions(plan, cursor, tools)
    case 'describe':
      return new Descriptions(plan, cursor, tools)
    default:
      return new Constructions(plan, cursor, tools)
  }
}

/** Every answer, at once. */
export function allAnswers(answers: Answers): Answer[] {
  const all: Answer[] = []
  while (answers.next() === Progress.solution) all.push(answers.value)
  return all
}

class Solutions implements Answers {
  value: Solution = {}
  private readonly plan: Extract<ReadPlan, { form: 'select' }>
  private readonly cursor: Cursor
  private readonly tools: AnswerTools

  constructor(plan: Extract<ReadPlan, { form: 'select' }>, cursor: Cursor, tools: AnswerTools) {
    this.plan = plan
    this.cursor = cursor
    this.tools = tools
  }

  next(): Progress {
    const progress = this.cursor.next()
    if (progress !== Progress.solution) return progress
    const { execution, writer } = this.tools
    const { row } = execution
    const solution: Solution = {}
    for (const { name, variable } of this.plan.columns)
      if (row[variable] !== 0) solution[name as `?${string}`] = writer.value(row[variable])
    this.value = solution
    return progress
  }
}

/** All solutions must be known before the first subject is. */
class Constructions implements Answers {
  value: GraphSubject = { '@id': '' }
  private readonly plan: Extract<ReadPlan, { form: 'construct' }>
  private readonly cursor: Cursor
  private readonly tools: AnswerTools
  private readonly rows: (readonly ValueId[])[] = []
  private made: GraphSubject[] | undefined
  private at = 0

  constructor(plan: Extract<ReadPlan, { form: 'construct' }>, cursor: Cursor, tools: AnswerTools) {
    this.plan = plan
    this.cursor = cursor
    this.tools = tools
  }

  next(): Progress {
    while (this.made === undefined) {
      const progress = this.cursor.next()
      if (progress === Progress.pause) return progress
      if (progress === Progress.solution) this.rows.push([...this.tools.execution.row])
      else {
        const { templates, ordered } = this.plan
        this.made = new Constructor(this.tools.writer, ordered).subjects(templates, this.rows)
      }
    }
    if (this.at === this.made.length) return Progress.done
    this.value = this.made[this.at++]
    return Progress.solution
  }
}
