// Draws whose screen is shown: the people that a pane can be, and, where there is
// room for one pane only, the two to choose from.

import { drawAvatar } from './avatar.js'
import { h } from './dom.js'
import { wide } from './width.js'

export function drawWho(pane, state, doing) {
  return h('header', { class: 'who' }, wide.matches
    ? h('div', { class: 'cast', role: 'radiogroup', 'aria-label': 'Who you are in this pane' }, state.people.map((one, i) => drawFace(pane, one, i, state, doing)))
    : drawPicker(pane, state, doing))
}

function drawFace(pane, person, i, state, doing) {
  const radio = h('input', {
    type: 'radio', name: `who-${pane.id}`, value: person.id, checked: person.id === pane.person,
    on: { change: () => doing.become(person.id) },
  })
  return h('label', { class: person.id === pane.person ? 'face on' : 'face', key: person.id, title: titled(person) },
    radio, drawAvatar(person.name, i),
    h('span', { class: 'called' }, h('span', null, first(person)), person.title && h('span', { class: 'title' }, person.title)),
    drawUnread(state.unread(person.id)))
}

function drawPicker(pane, state, doing) {
  const id = `${pane.id}-who`
  return h('p', { class: 'picker' },
    h('label', { for: id, class: 'aside' }, 'Who you are in this pane'),
    h('select', { id, on: { change: (event) => doing.become(event.currentTarget.value) } }, state.people.map((one) => {
      const unread = state.unread(one.id)
      return h('option', { value: one.id, selected: one.id === pane.person }, titled(one), unread > 0 && ` (${unread} new)`)
    })))
}

// drawSwitch lets one of two panes come to the front.
export function drawSwitch(state, front, come) {
  const keydown = (event) => {
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return
    come(state.panes.find((one) => one !== front))
    event.currentTarget.querySelector('[aria-selected=false]')?.focus()
  }
  return h('div', { class: 'switch', role: 'tablist', 'aria-label': 'Whose screen is shown', on: { keydown } }, state.panes.map((pane) => {
    const i = state.people.findIndex((one) => one.id === pane.person)
    if (i < 0) return undefined
    return h('button', {
      type: 'button', role: 'tab', key: pane.id, id: `${pane.id}-switch`, 'aria-selected': String(pane === front), 'aria-controls': pane.id,
      tabindex: pane === front ? undefined : '-1', on: { click: () => come(pane) },
    }, drawAvatar(state.people[i].name, i), state.people[i].name, pane !== front && drawUnread(state.unread(pane.person)))
  }))
}

function drawUnread(count) {
  return count > 0 && h('span', { class: 'unread' }, count, h('span', { class: 'aside' }, ' new'))
}

const first = (person) => person.name.split(' ')[0]
const titled = (person) => [person.name, person.title].filter(Boolean).join(', ')
