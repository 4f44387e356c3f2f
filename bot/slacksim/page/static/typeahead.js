// Draws external_select: a field that asks the app what can be chosen while
// a person types. The pattern is WAI-ARIA's combobox with a list box.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

import { h } from './dom.js'
import { actsAtOnce, describe, keyOf } from './naming.js'
import { plainText } from './text.js'

const pause = 200 // ms without a key before the app is asked

// drawTypeahead returns an island: what is in it belongs to it, so that a redraw
// of the page never takes away a list that somebody is reading.
export function drawTypeahead(block, element, context) {
  const box = new Typeahead(block, element, context)
  const node = h('div', {
    class: 'typeahead', key: keyOf(block, element, context), island: true, 'data-block': block.block_id, 'data-action': element.action_id,
  }, box.input, box.about, box.list)
  node.understudyRead = () => ({ type: element.type, selected_option: box.chosen })
  node.understudyRenew = (next) => box.renew(next.querySelector('input'))
  return node
}

class Typeahead {
  constructor(block, element, context) {
    Object.assign(this, { block, element, context, options: [], active: -1, asked: 0 })
    this.least = element.min_query_length ?? 3
    this.chosen = element.initial_option ?? null
    this.listId = `${context.prefix}-${block.block_id}-${element.action_id}-list`
    this.input = this.drawInput()
    this.about = h('p', { class: 'hint' })
    this.list = h('ul', { class: 'options', role: 'listbox', id: this.listId, hidden: true, 'aria-label': plainText(element.placeholder) || 'Options' })
    this.show()
  }

  drawInput() {
    return h('input', {
      ...describe(this.context, plainText(this.element.placeholder)), type: 'text', role: 'combobox', autocomplete: 'off', spellcheck: 'false',
      placeholder: plainText(this.element.placeholder), 'aria-expanded': 'false', 'aria-controls': this.listId, 'aria-autocomplete': 'list',
      on: {
        input: () => this.typed(), focus: () => { if (!this.chosen) this.ask(0) }, click: () => this.ask(0),
        blur: () => this.leave(), keydown: (event) => this.key(event),
      },
    })
  }

  // renew says of the field what is said of it now, such as that it is wrong.
  renew(next) {
    for (const name of ['aria-describedby', 'aria-invalid', 'aria-required']) {
      if (next.hasAttribute(name)) this.input.setAttribute(name, next.getAttribute(name))
      else this.input.removeAttribute(name)
    }
  }

  // show writes what is chosen into the field.
  show() {
    this.input.value = plainText(this.chosen?.text)
    this.about.textContent = plainText(this.chosen?.description)
    this.about.hidden = !this.about.textContent
  }

  typed() {
    this.chosen = null
    this.about.hidden = true
    this.ask(pause)
  }

  // ask asks the app, after a pause. Only the latest answer counts.
  ask(wait) {
    clearTimeout(this.timer)
    const query = this.chosen ? '' : this.input.value.trim()
    if ([...query].length < this.least) {
      this.open([], this.least > 0 ? `Type at least ${this.least} character${this.least > 1 ? 's' : ''}` : '')
      return
    }
    const asked = ++this.asked
    this.timer = setTimeout(() => this.fetch(asked, query), wait)
  }

  async fetch(asked, query) {
    if (this.list.hidden) this.open([], 'Looking…')
    try {
      const options = await this.context.suggest(this.block, this.element, query)
      if (asked === this.asked) this.open(options, options.length ? '' : 'Nothing found')
    } catch (problem) {
      if (asked === this.asked) this.open([], problem.message)
    }
  }

  open(options, note) {
    this.options = options.flatMap((one) => one.options ?? [one])
    this.active = -1
    this.list.replaceChildren(...this.options.map((option, i) => this.drawOption(option, i)),
      ...(note ? [h('li', { class: 'note', role: 'option', 'aria-disabled': 'true' }, note)] : []))
    this.expand(this.list.childElementCount > 0 && document.activeElement === this.input)
  }

  drawOption(option, i) {
    const press = (event) => { event.preventDefault(); this.choose(i) }
    return h('li', { role: 'option', id: `${this.listId}-${i}`, 'aria-selected': 'false', on: { mousedown: press } },
      h('span', null, plainText(option.text)), option.description && h('span', { class: 'hint' }, plainText(option.description)))
  }

  expand(open) {
    this.list.hidden = !open
    this.input.setAttribute('aria-expanded', String(open))
    if (!open) this.input.removeAttribute('aria-activedescendant')
  }

  key(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1 }
    if (event.key in moves) this.move(moves[event.key])
    else if (event.key === 'Enter') { // never sends the form that the field is in
      if (!this.list.hidden && this.options.length) this.choose(Math.max(this.active, 0))
    }
    else if (event.key === 'Escape' && !this.list.hidden) this.expand(false)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  move(step) {
    if (this.list.hidden) { this.ask(0); return }
    if (!this.options.length) return
    this.list.children[this.active]?.setAttribute('aria-selected', 'false')
    this.active = (this.active + step + this.options.length) % this.options.length
    const option = this.list.children[this.active]
    option.setAttribute('aria-selected', 'true')
    option.scrollIntoView({ block: 'nearest' })
    this.input.setAttribute('aria-activedescendant', option.id)
  }

  choose(i) {
    this.asked++
    this.chosen = this.options[i]
    this.show()
    this.expand(false)
    if (actsAtOnce(this.block, this.context)) this.context.act(this.block, this.element, this.chosen)
  }

  // leave forgets a half-typed name: what isn't chosen isn't sent.
  leave() {
    clearTimeout(this.timer)
    this.asked++
    this.expand(false)
    this.show()
  }
}
