import { platformEnvironment } from '../ports/index.js'
import { newId as newIdFrom } from '../rdf/index.js'

/** A new identifier for a subject, relative to the domain, such as a clone gives to subjects that have none. */
export function newId(): string {
  return newIdFrom(length => platformEnvironment.random(length))
}
