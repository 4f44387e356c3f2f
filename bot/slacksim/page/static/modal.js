// Draws what lies over a pane: a modal of the app, or the question that
// a button asks before it acts.

import { drawBlocks } from './blocks.js'
import { h } from './dom.js'
import { drawText, plainText } from './text.js'

// drawModal draws a view. `doing` says what can be done: submit(values), close().
export function drawModal(view, context, doing) {
  const title = `${context.prefix}-title`
  const submit = (event) => {
    event.preventDefault()
    doing.submit(readValues(context.pane))
  }
  return h('div', { class: 'veil', key: context.prefix },
    h('form', {
      id: `${context.pane}-modal`, class: 'modal', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': title, novalidate: true, tabindex: '-1',
      on: { submit, keydown: (event) => keys(event, doing.close) },
    },
    h('header', null,
      h('h2', { id: title }, plainText(view.title)),
      h('button', { type: 'button', class: 'plain', 'aria-label': 'Close', on: { click: doing.close } }, '✕')),
    h('div', { class: 'body' }, doing.problem && h('p', { class: 'error', role: 'alert' }, doing.problem), drawBlocks(view.blocks, context)),
    h('footer', null,
      h('button', { type: 'button', class: 'button', on: { click: doing.close } }, plainText(view.close) || 'Close'),
      view.submit && h('button', { type: 'submit', class: 'button primary', disabled: doing.busy, 'aria-busy': doing.busy ? 'true' : undefined }, plainText(view.submit)))))
}

// keys keeps Tab inside what lies over a pane, and lets Escape leave it.
function keys(event, leave) {
  if (event.key === 'Escape') leave()
  if (event.key !== 'Tab') return
  const stops = [...event.currentTarget.querySelectorAll('a[href], button, input, select, textarea, summary')].filter((one) => !one.disabled && one.offsetParent)
  const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]]
  if (document.activeElement !== from && document.activeElement !== event.currentTarget) return
  event.preventDefault()
  to?.focus()
}

// readValues collects what was typed and chosen in a pane's modal
// or on its Home tab, as
// view.state.values has it: by block id, then by action id.
export function readValues(pane) {
  const values = {}
  const surface = document.getElementById(`${pane}-modal`) ?? document.getElementById(`${pane}-panel`)
  for (const node of surface.querySelectorAll('[data-block]')) {
    if (!node.understudyRead) continue
    const { block, action } = node.dataset
    values[block] = { ...values[block], [action]: node.understudyRead() }
  }
  return values
}

// drawConfirm draws the question of a confirm object.
export function drawConfirm(confirm, prefix, answer) {
  const keydown = (event) => keys(event, () => answer(false))
  return h('div', { class: 'veil', key: `${prefix}-confirm` },
    h('div', { class: 'modal small', role: 'alertdialog', 'aria-modal': 'true', 'aria-labelledby': `${prefix}-ask`, 'aria-describedby': `${prefix}-about`, tabindex: '-1', on: { keydown } },
      h('header', null, h('h2', { id: `${prefix}-ask` }, plainText(confirm.title))),
      h('div', { class: 'body prose', id: `${prefix}-about` }, drawText(confirm.text, {})),
      h('footer', null,
        h('button', { type: 'button', class: 'button', on: { click: () => answer(false) } }, plainText(confirm.deny) || 'No'),
        h('button', { type: 'button', class: `button ${confirm.style ?? 'primary'}`, on: { click: () => answer(true) } }, plainText(confirm.confirm) || 'Yes'))))
}
