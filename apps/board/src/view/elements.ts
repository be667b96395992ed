/** Properties of an element, and attributes that are not properties. Never markup: texts come from the network. */
export type Properties<Tag extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[Tag], 'innerHTML' | 'outerHTML' | 'style' | 'dataset' | 'attributes'>
> & { attributes?: Readonly<Record<string, string>> }

/** Makes an element. Texts become text nodes. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties<Tag> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  const { attributes = {}, ...rest } = properties
  Object.assign(made, rest)
  for (const [name, value] of Object.entries<string>(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

const shapes = {
  grip: 'M9 5.5h.01M15 5.5h.01M9 12h.01M15 12h.01M9 18.5h.01M15 18.5h.01',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  close: 'M6 6l12 12M18 6L6 18',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  right: 'M5 12h14M13 6l6 6-6 6',
  left: 'M19 12H5M11 6l-6 6 6 6',
  trash: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13',
  columns: 'M4 4h7v16H4zM15 4h5v11h-5z',
  note: 'M5 7h14M5 12h14M5 17h8',
  fork: 'M12 20v-7M12 13L6 5M12 13l6-8',
} as const

/** A small picture that says nothing to those who do not see it: a label stands beside it. */
export function icon(name: keyof typeof shapes): SVGElement {
  const namespace = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(namespace, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', `icon icon-${name}`)
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(namespace, 'path')
  path.setAttribute('d', shapes[name])
  svg.append(path)
  return svg
}

/** Sets a text, if it is another. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

let lastId = 0

/** An id for an element, to be referred to by another. */
export function uniqueId(): string {
  return `element-${++lastId}`
}

/** Gives the keyboard back to whoever had it, where moving nodes has taken it; with the caret where it was. */
export function keepingFocus(action: () => void): void {
  const active = document.activeElement
  const field = active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement ? active : undefined
  const caret = field && ([field.selectionStart, field.selectionEnd] as const)
  action()
  if (!(active instanceof HTMLElement) || active === document.activeElement || !active.isConnected) return
  active.focus({ preventScroll: true })
  if (caret?.[0] != null) field!.setSelectionRange(...caret)
}

/** Newer browsers move a node without taking the keyboard from what is in it. */
interface Moving {
  moveBefore?(node: Node, before: Node | null): void
}

/**
 * Puts nodes under a parent in this order, moving only those that must move. Other children stay where they are, such as the marker of a
 * drag.
 * @param isOurs tells the children that are to be arranged
 */
export function arrange(parent: Element, nodes: readonly Element[], isOurs: (child: Element) => boolean): void {
  let next = lastOther(parent, isOurs)
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]
    if (node.parentElement !== parent || nextOfOurs(node, isOurs) !== next) move(parent, node, next)
    next = node
  }
}

function move(parent: Element, node: Element, before: Element | null): void {
  const { moveBefore } = parent as Moving
  if (moveBefore !== undefined && node.isConnected && parent.isConnected) moveBefore.call(parent, node, before)
  else parent.insertBefore(node, before)
}

/** What follows the arranged children: those that stand fixed at the end. */
function lastOther(parent: Element, isOurs: (child: Element) => boolean): Element | null {
  let other: Element | null = null
  for (let child = parent.lastElementChild; child !== null && isFixed(child) && !isOurs(child); ) {
    other = child
    child = child.previousElementSibling
  }
  return other
}

function nextOfOurs(node: Element, isOurs: (child: Element) => boolean): Element | null {
  let next = node.nextElementSibling
  while (next !== null && !isOurs(next) && !isFixed(next)) next = next.nextElementSibling
  return next
}

const isFixed = (child: Element) => child.classList.contains('fixed-last')
