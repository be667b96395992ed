import type { Model } from '../model.js'
import { element } from './elements.js'

/** A press becomes a drag when it has gone so far. */
const threshold = 6
/** So near to an edge, what can scroll does. */
const edge = 56
const scrollStep = 12

/** What a drag ends in. @param index in the column without this card */
export type Drop = (card: string, column: string, index: number) => void

/** A drag under way. */
interface Drag {
  readonly id: string
  readonly card: HTMLElement
  readonly pointer: number
  readonly startX: number
  readonly startY: number
  readonly offsetX: number
  readonly offsetY: number
  ghost: HTMLElement | undefined
  x: number
  y: number
}

/**
 * Drags cards with a mouse, from anywhere on them, or with a finger or pen, by their handle: elsewhere a finger scrolls. A marker
 * shows where the card would go; Escape ends the drag. Others may change the board meanwhile.
 */
export class CardDragging {
  private readonly board: HTMLElement
  private readonly model: Model
  private readonly drop: Drop
  private readonly marker = element('li', { className: 'drop-marker', attributes: { 'aria-hidden': 'true' } })
  private drag: Drag | undefined

  constructor(board: HTMLElement, model: Model, drop: Drop) {
    this.board = board
    this.model = model
    this.drop = drop
    board.addEventListener('pointerdown', event => this.press(event))
    board.addEventListener('pointermove', event => this.move(event))
    board.addEventListener('pointerup', event => this.release(event))
    board.addEventListener('pointercancel', () => this.end())
    // A finger is captured by what it touches first: that loses it when the board takes it.
    board.addEventListener('lostpointercapture', event => event.target === board && this.end())
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape' && this.drag?.ghost !== undefined) this.end()
    })
  }

  private press(event: PointerEvent): void {
    const target = event.target as Element
    const card = target.closest<HTMLElement>('.card')
    const id = card?.dataset.card
    if (card == null || id === undefined || event.button !== 0 || !event.isPrimary || this.drag !== undefined) return
    if (target.closest('input, .choices') !== null) return
    if (event.pointerType !== 'mouse' && target.closest('.card-move') === null) return
    const box = card.getBoundingClientRect()
    const { clientX: x, clientY: y, pointerId: pointer } = event
    this.drag = {
      id,
      card,
      pointer,
      startX: x,
      startY: y,
      offsetX: x - box.x,
      offsetY: y - box.y,
      ghost: undefined,
      x,
      y,
    }
  }

  private move(event: PointerEvent): void {
    const { drag } = this
    if (drag === undefined || event.pointerId !== drag.pointer) return
    // The button was let go outside of the window.
    if (event.buttons === 0) {
      this.end()
      return
    }
    drag.x = event.clientX
    drag.y = event.clientY
    if (drag.ghost === undefined) {
      if (Math.hypot(drag.x - drag.startX, drag.y - drag.startY) < threshold) return
      this.begin(drag)
    }
    this.follow(drag)
  }

  private begin(drag: Drag): void {
    const { card } = drag
    const box = card.getBoundingClientRect()
    const ghost = card.cloneNode(true) as HTMLElement
    ghost.className = `${card.className} ghost`
    ghost.inert = true
    ghost.setAttribute('aria-hidden', 'true')
    ghost.style.setProperty('width', `${box.width}px`)
    delete ghost.dataset.card
    drag.ghost = ghost
    document.body.append(ghost)
    this.marker.style.setProperty('height', `${box.height}px`)
    card.classList.add('is-dragged')
    this.board.classList.add('has-drag')
    this.board.setPointerCapture(drag.pointer)
    getSelection()?.removeAllRanges()
    this.scroll(drag)
  }

  private follow({ ghost, x, y, offsetX, offsetY, card }: Drag): void {
    ghost!.style.setProperty('translate', `${x - offsetX}px ${y - offsetY}px`)
    const column = document
      .elementsFromPoint(x, y)
      .map(under => under.closest<HTMLElement>('.column[data-column]'))
      .find(found => found != null && found.dataset.column !== '')
    const list = column?.querySelector('.cards')
    if (list == null) return
    const others = [...list.querySelectorAll<HTMLElement>('.card')].filter(each => each !== card)
    const before = others.find(each => {
      const box = each.getBoundingClientRect()
      return y < box.y + box.height / 2
    })
    if (this.marker.parentElement !== list || this.marker.nextElementSibling !== (before ?? null))
      list.insertBefore(this.marker, before ?? null)
  }

  /** Scrolls what is near the pointer, as long as the drag lasts. */
  private scroll(drag: Drag): void {
    if (this.drag !== drag) return
    const towards = (at: number, from: number, to: number) =>
      at < from + edge ? -scrollStep : at > to - edge ? scrollStep : 0
    const across = this.board.getBoundingClientRect()
    this.board.scrollLeft += towards(drag.x, across.left, across.right)
    const list = this.marker.parentElement
    if (list !== null) {
      const down = list.getBoundingClientRect()
      list.scrollTop += towards(drag.y, down.top, down.bottom)
    }
    requestAnimationFrame(() => this.scroll(drag))
  }

  private release(event: PointerEvent): void {
    const { drag } = this
    if (drag === undefined || event.pointerId !== drag.pointer) return
    const target = drag.ghost === undefined ? undefined : this.target(drag.id)
    if (drag.ghost !== undefined) {
      // The press was not meant for what it began on.
      const swallow = (click: Event) => {
        click.stopPropagation()
        click.preventDefault()
      }
      addEventListener('click', swallow, { capture: true, once: true })
      setTimeout(() => removeEventListener('click', swallow, { capture: true }))
    }
    this.end()
    if (target !== undefined && this.model.card(drag.id) !== undefined) this.drop(drag.id, target.column, target.index)
  }

  /** Where the marker stands, in what the column holds now. */
  private target(id: string): { column: string; index: number } | undefined {
    const column = this.marker.closest<HTMLElement>('.column')?.dataset.column
    if (column === undefined) return undefined
    let next = this.marker.nextElementSibling as HTMLElement | null
    if (next?.dataset.card === id) next = next.nextElementSibling as HTMLElement | null
    const cards = this.model.cardsIn(column).filter(card => card.id !== id)
    const index = cards.findIndex(card => card.id === next?.dataset.card)
    return { column, index: index < 0 ? cards.length : index }
  }

  private end(): void {
    const { drag } = this
    if (drag === undefined) return
    this.drag = undefined
    drag.ghost?.remove()
    drag.card.classList.remove('is-dragged')
    this.board.classList.remove('has-drag')
    this.marker.remove()
  }
}
