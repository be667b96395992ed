import type { ValueId } from '../rdf/index.js'
import type { JsonObject } from './objects.js'
import type { ValueReader } from './values.js'

/**
 * Reads a language map: `{ en: 'cat', fr: ['chat', 'matou'], '@none': 'Felis' }`. Null says nothing.
 * @throws `value-invalid` for what is no text, or no language tag
 */
export function readLanguageMap(values: ValueReader, map: JsonObject, emit: (value: ValueId) => void): void {
  const { path } = values
  path.enter()
  for (const name of Object.keys(map)) {
    path.at(name)
    const language = values.keys.context.keyword(name) === '@none' ? '' : name
    const texts = map[name]
    if (!Array.isArray(texts)) {
      readText(values, texts, language, emit)
      continue
    }
    path.enter()
    for (let i = 0; i < texts.length; i++) {
      path.at(i)
      readText(values, texts[i], language, emit)
    }
    path.leave()
  }
  path.leave()
}

function readText(values: ValueReader, text: unknown, language: string, emit: (value: ValueId) => void): void {
  if (text === null || text === undefined) return
  if (typeof text !== 'string') values.path.failValue('text, in a language map from tags to texts')
  emit(language === '' ? values.native(values.keys.none, text, true) : values.languageText(text, language, true))
}
