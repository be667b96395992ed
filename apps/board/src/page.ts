import { type Clone, type Conflict, type ConflictChoice, hasCode, type Update } from 'meldwork'
import { Actions, type CardField } from './actions.js'
import { chosenValue, type Offer, offersOf } from './conflicts.js'
import type { FoundSubject } from './facts.js'
import { loose, Model } from './model.js'
import { newsOf, shortTitle, titlesOf } from './news.js'
import { announcement, authorsIn, ownPerson, type Person, peopleIn, rename } from './person.js'
import { statusText } from './status-text.js'
import type { KeyValues } from './storage.js'
import { mainText } from './values.js'
import { type BoardHandlers, BoardView } from './view/board-view.js'
import { CardDialog } from './view/card-dialog.js'
import { ColumnDialog } from './view/column-dialog.js'
import { CardDragging } from './view/drag.js'
import { Keyboard } from './view/keyboard.js'
import { Announcer, Toast } from './view/messages.js'
import { MoveDialog } from './view/move-dialog.js'
import { PeopleView } from './view/people-view.js'
import { ask } from './view/question.js'
import { StatusView } from './view/status-view.js'

/** What announcing the card that one looks at may cost. */
const maxAnnouncedId = 200
/** So many who have written are remembered. */
const maxAuthors = 1000
const byId = <Found extends HTMLElement>(id: string) => document.getElementById(id) as Found

/** The page over an open clone: introduces the model, what people do, and what they see to each other. */
export class BoardPage implements BoardHandlers {
  readonly model = new Model()
  readonly actions: Actions
  private readonly clone: Clone
  private readonly storage: KeyValues
  private readonly kept: boolean
  private readonly board: BoardView
  private readonly cardDialog: CardDialog
  private readonly columnDialog: ColumnDialog
  private readonly moveDialog: MoveDialog
  private readonly people: PeopleView
  private readonly status: StatusView
  private readonly toast = new Toast(byId('toast'))
  private readonly announcer = new Announcer(byId('news'), byId('done'))
  private person: Person
  private others: readonly Person[] = []
  /** The conflicts about titles, by card. */
  private conflicts: ReadonlyMap<string, Conflict> = new Map()
  private offers: ReadonlyMap<string, readonly Offer[]> = new Map()
  /** Who writes, or wrote while this page was open, under which replica id. */
  private readonly authors = new Map<string, string>()
  private announcedReplica: string | undefined
  /** Whether connecting has failed since the clone was online last. */
  private hasFailed = false

  /** @param kept whether the browser keeps the clone's data */
  constructor(clone: Clone, storage: KeyValues, kept: boolean) {
    this.clone = clone
    this.storage = storage
    this.kept = kept
    this.person = ownPerson(storage)
    this.actions = new Actions(clone, this.model)
    const root = byId('board')
    this.board = new BoardView(root, this.model, this)
    this.cardDialog = new CardDialog(this)
    this.columnDialog = new ColumnDialog(this)
    this.moveDialog = new MoveDialog(this)
    this.people = new PeopleView(byId('people'), () => void this.changeName())
    this.status = new StatusView(byId('status'), text => this.announcer.announce(text))
    new CardDragging(root, this.model, (id, column, index) => this.moveCard(id, column, index))
    new Keyboard(root, this.model, this.board, this)
    byId('starter').onclick = () => {
      this.actions.addStarter()
      const [first] = this.model.cardsIn(this.model.columns[0]?.id ?? loose)
      this.board.afterDrawing(() => this.board.cardView(first?.id ?? loose)?.focus())
    }
    this.load()
    root.removeAttribute('aria-busy')
  }

  private load(): void {
    const { clone } = this
    // Everything, and not what has a type now: a type may come later than the rest.
    const subjects = clone.read({ '@describe': '?any', '@where': { '@id': '?any', '?property': '?value' } })
    this.board.changed(this.model.load(subjects as FoundSubject[]), false)
    clone.follow(update => this.onUpdate(update))
    clone.status.follow(() => this.showStatus())
    clone.presence.follow(present => {
      this.others = peopleIn(present, this.person)
      this.showPeople()
      this.rememberAuthors(authorsIn(present, this.person))
    })
    clone.watchConflicts(conflicts => this.onConflicts(conflicts), { property: 'title', constraint: 'single-valued' })
    this.announce(undefined)
    this.showStatus()
  }

  private onUpdate(update: Update): void {
    const named = [...update['@delete'], ...update['@insert']].map(subject => subject['@id'])
    const before = titlesOf(this.model, named)
    const change = this.model.apply(
      update as { '@delete': readonly FoundSubject[]; '@insert': readonly FoundSubject[] },
    )
    const isNews = update.trace.cause === 'remote'
    this.board.changed(change, isNews)
    if (isNews) this.announcer.announce(newsOf(this.model, change, before))
    if (update.trace.cause === 'rollback')
      this.toast.show('This browser could not save the last change: it has been undone.')
    this.board.afterDrawing(() => {
      this.cardDialog.refresh()
      this.columnDialog.refresh()
    })
    this.showWelcome()
  }

  private showStatus(): void {
    const { value } = this.clone.status
    if (value.connection === 'offline' || value.online) this.hasFailed = !value.online
    if (value.replica !== this.announcedReplica) this.announce(this.person.at)
    this.status.update(statusText(value, { kept: this.kept, hasFailed: this.hasFailed }))
    this.showWelcome()
  }

  /** Only who has caught up knows that a board is empty; and two who begin at once would begin twice, so nobody begins by itself. */
  private showWelcome(): void {
    const { outdated, online } = this.clone.status.value
    byId('welcome').hidden = !this.model.isEmpty || outdated || !online
  }

  /** Says why the page stops. */
  leave(reason: string): void {
    const notice = byId('notice')
    notice.textContent = reason
    notice.hidden = false
  }

  // --- conflicts

  private onConflicts(found: readonly Conflict[]): void {
    const before = this.conflicts
    this.conflicts = new Map(found.map(conflict => [conflict.subject, conflict]))
    this.showConflicts()
    for (const id of this.conflicts.keys())
      if (!before.has(id)) this.announcer.announce(`The card ${this.spokenTitle(id)} has several titles: choose one.`)
  }

  private showConflicts(): void {
    const now = Date.now()
    const nameOf = (replica: string) => this.authors.get(replica)
    this.offers = new Map(Array.from(this.conflicts, ([id, conflict]) => [id, offersOf(conflict, nameOf, now)]))
    this.board.showOffers(this.offers)
    this.cardDialog.refresh()
  }

  private spokenTitle(id: string): string {
    return shortTitle(mainText(this.model.card(id)?.title ?? []))
  }

  offersOf(id: string): readonly Offer[] {
    return this.offers.get(id) ?? []
  }

  write(id: string, field: CardField, text: string): void {
    const conflict = field === 'title' ? this.conflicts.get(id) : undefined
    const value = conflict && chosenValue(conflict, text)
    if (conflict === undefined || value === undefined) {
      this.actions.editCard(id, field, text)
      return
    }
    this.clone.resolve(conflict, value as ConflictChoice).catch(error => {
      console.error('A conflict was not settled', error)
      if (hasCode(error, 'conflict-outdated')) this.toast.show('Somebody has written there meanwhile: look once more.')
    })
  }

  // --- people

  /** Asks for a name, unless it is known. */
  async askName(): Promise<void> {
    if (this.person.name === '') await this.changeName('Who are you?')
  }

  private async changeName(title = 'Change your name'): Promise<void> {
    const name = await ask({
      title,
      label: 'Your name',
      explanation: 'Others on this board see it. It is kept in this browser.',
      value: this.person.name,
      button: 'Save',
    })
    // Somebody who does not want to say is a guest, and is not asked again.
    this.person = rename(this.storage, this.person, name ?? (this.person.name || 'Guest'))
    this.announce(this.person.at)
  }

  private announce(at: string | undefined): void {
    this.person = { ...this.person, at: at !== undefined && at.length <= maxAnnouncedId ? at : undefined }
    const { replica } = this.clone.status.value
    this.announcedReplica = replica
    if (replica !== undefined) this.rememberAuthors(new Map([[replica, 'You']]))
    if (this.person.name !== '') this.clone.presence.announce(announcement(this.person, replica))
    this.showPeople()
  }

  private showPeople(): void {
    this.people.update(this.person, this.others)
    this.board.showPeople(this.others)
  }

  private rememberAuthors(authors: ReadonlyMap<string, string>): void {
    let isNew = false
    for (const [replica, name] of authors) {
      isNew ||= this.authors.get(replica) !== name
      this.authors.set(replica, name)
    }
    for (const replica of this.authors.keys()) {
      if (this.authors.size <= maxAuthors) break
      this.authors.delete(replica)
    }
    if (isNew && this.conflicts.size > 0) this.showConflicts()
  }

  watching(id: string | undefined): void {
    this.announce(id)
  }

  names(): readonly string[] {
    const names = new Set([this.person.name, ...this.others.map(person => person.name)])
    for (const column of [...this.model.columns, { id: loose }])
      for (const card of this.model.cardsIn(column.id)) for (const name of card.assignee) names.add(name)
    return [...names].filter(name => name.trim() !== '').sort()
  }

  ownName(): string {
    return this.person.name
  }

  // --- what people do

  addColumn(title: string): void {
    const id = this.actions.addColumn(title)
    this.board.afterDrawing(() => this.board.columnView(id)?.focusInput())
  }

  openColumn(id: string): void {
    this.columnDialog.open(id, () => this.board.columnView(id)?.focusMenu())
  }

  chooseTitle(id: string, title: string): void {
    this.actions.renameColumn(id, title)
    this.board.afterDrawing(() => this.board.columnView(id)?.focusMenu())
  }

  deleteColumn(id: string): void {
    const column = this.model.column(id)
    if (column === undefined) return
    const { length } = this.model.cardsIn(id)
    const undo = this.actions.deleteColumn(id)
    const cards = length === 0 ? '' : ` and ${length === 1 ? 'its card' : `its ${length} cards`}`
    this.offerUndo(`Deleted ${shortTitle(mainText(column.title))}${cards}.`, undo)
    this.board.afterDrawing(() => this.board.focusAdder())
  }

  addCard(column: string, title: string): void {
    const id = this.actions.addCard(column, title)
    this.board.afterDrawing(() => this.board.cardView(id)?.node.scrollIntoView({ block: 'nearest' }))
  }

  open(id: string): void {
    this.cardDialog.open(id, () => this.board.cardView(id)?.focus())
  }

  setDone(id: string, done: boolean): void {
    this.actions.setDone(id, done)
  }

  choose(id: string, field: CardField, text: string): void {
    this.write(id, field, text)
    this.board.afterDrawing(() => this.board.cardView(id)?.focus())
  }

  askMove(id: string): void {
    this.moveDialog.open(id, () => this.board.cardView(id)?.focusMover())
  }

  moveCard(id: string, column: string, index: number): void {
    this.actions.moveCard(id, column, index)
    const place = this.model.cardsIn(column).findIndex(card => card.id === id) + 1
    const title = shortTitle(mainText(this.model.column(column)?.title ?? []))
    this.announcer.confirm(`Moved to ${title}, ${place} of ${this.model.cardsIn(column).length}.`)
    this.board.afterDrawing(() => this.board.cardView(id)?.node.scrollIntoView({ block: 'nearest', inline: 'nearest' }))
  }

  moveColumn(id: string, index: number): void {
    this.actions.moveColumn(id, index)
    this.announcer.confirm(`Moved to place ${index + 1} of ${this.model.columns.length}.`)
  }

  deleteCard(id: string): void {
    const card = this.model.card(id)
    if (card === undefined) return
    const undo = this.actions.deleteCard(id)
    this.offerUndo(`Deleted ${shortTitle(mainText(card.title))}.`, undo)
  }

  undo(): boolean {
    return this.toast.accept()
  }

  private offerUndo(text: string, undo: () => Promise<void>): void {
    this.toast.show(text, 'Undo', () => {
      undo().catch(error => {
        console.error('A deletion could not be undone', error)
        this.toast.show('That could not be undone.')
      })
    })
  }
}
