// Draws one person's half of the page: who they are, their messages with the
// app or its Home tab, a message box, and what lies over it.

import { drawBlocks } from './blocks.js'
import { h } from './dom.js'
import { drawMessages } from './messages.js'
import { drawConfirm, drawModal } from './modal.js'
import { drawChannel, drawWrite, openTab, tabsOf } from './more.js'

const own = { messages: 'Messages', home: 'Home' }

// drawPane draws a pane. `doing` holds what can be done there, by name.
export function drawPane(pane, state, doing) {
  const screen = state.screens.get(pane.person)
  const over = drawOver(pane, screen, state, doing)
  const tabs = tabsOf(screen, own)
  const tab = openTab(pane, tabs)
  return h('section', { class: 'pane', id: pane.id, key: pane.id, 'aria-label': `The screen of ${name(pane.person, state)}` },
    drawWho(pane, state, doing),
    h('div', { class: 'screen' },
      h('div', { class: 'under', inert: Boolean(over) },
        h('div', { class: 'bar' }, drawTabs(pane, tabs, tab, doing), tab === 'messages' && drawHold(pane, doing)), drawTab(tab, pane, screen, state, doing)),
      over))
}

function drawTab(tab, pane, screen, state, doing) {
  if (tab === 'home') return drawHome(pane, screen, state, doing)
  const channel = screen?.channels.find((one) => one.id === tab)
  if (!channel) return drawTalk(pane, screen, state, doing)
  const contextOf = (message) => context(pane, state, doing, { message: message.ts }, `c${message.ts}`)
  return [drawChannel(pane, channel, state, doing, contextOf), drawNote(pane, doing), drawWrite(pane, channel, doing)]
}

function drawWho(pane, state, doing) {
  const person = state.people.find((one) => one.id === pane.person)
  return h('header', { class: 'who' },
    h('div', { class: 'cast', role: 'radiogroup', 'aria-label': 'Who you are in this pane' },
      state.people.map((one, i) => drawFace(pane, one, i, state, doing))),
    h('p', { class: 'identity' }, h('strong', null, person?.name ?? ''), person?.title && h('span', null, person.title)))
}

function drawFace(pane, person, i, state, doing) {
  const unread = state.unread(person.id)
  const radio = h('input', {
    type: 'radio', name: `who-${pane.id}`, value: person.id, checked: person.id === pane.person,
    on: { change: () => doing.become(person.id) },
  })
  return h('label', { class: person.id === pane.person ? `face tone-${i % 6} on` : `face tone-${i % 6}`, key: person.id, title: [person.name, person.title].filter(Boolean).join(', ') },
    radio, h('span', { class: 'avatar', 'aria-hidden': 'true' }, person.name.slice(0, 1)),
    h('span', null, person.name.split(' ')[0]),
    unread > 0 && h('span', { class: 'unread', 'aria-label': `${unread} new` }, unread))
}

function drawTabs(pane, tabs, open, doing) {
  const names = Object.keys(tabs)
  const keydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: names.length - 1 }[event.key]
    if (!step) return
    const next = names[(names.indexOf(open) + step) % names.length]
    doing.open(next)
    document.getElementById(`${pane.id}-tab-${next}`)?.focus()
  }
  return h('div', { class: 'tabs', role: 'tablist', on: { keydown } }, names.map((tab) =>
    h('button', {
      type: 'button', role: 'tab', id: `${pane.id}-tab-${tab}`, 'aria-selected': String(tab === open), 'aria-controls': `${pane.id}-panel`,
      tabindex: tab === open ? undefined : '-1', on: { click: () => doing.open(tab) },
    }, tabs[tab])))
}

// drawHold lets somebody click too late: on a card that has changed meanwhile.
function drawHold(pane, doing) {
  return h('label', { class: 'hold', title: 'As in a window that lags: cards stay as they are, so that you can click too late' },
    h('input', { type: 'checkbox', checked: Boolean(pane.held), on: { change: (event) => doing.hold(event.currentTarget.checked) } }), 'Hold cards still')
}

function panel(pane, tab, ...children) {
  return h('div', {
    class: `panel ${tab}`, role: 'tabpanel', id: `${pane.id}-panel`, key: `${pane.person}-${tab}`, tabindex: '0',
    'aria-labelledby': `${pane.id}-tab-${tab}`,
  }, children)
}

function drawHome(pane, screen, state, doing) {
  const home = screen?.home
  if (!home) return panel(pane, 'home', h('p', { class: 'empty' }, 'The app has nothing on its Home tab yet.'))
  return panel(pane, 'home', drawNote(pane, doing), drawBlocks(home.blocks, context(pane, state, doing, { home: true }, 'home')))
}

function drawTalk(pane, screen, state, doing) {
  const contextOf = (message) => context(pane, state, doing, { message: message.ts }, `m${message.ts}`)
  return [
    panel(pane, 'messages', h('div', { role: 'log', class: 'log', 'aria-label': 'Messages with the app' }, drawMessages((screen?.messages ?? []).map((one) => asHeld(pane, one)), contextOf))),
    drawNote(pane, doing), drawBox(pane, state, doing),
  ]
}

// asHeld is the message as it was when the pane first showed it, if it holds still.
function asHeld(pane, message) {
  if (pane.held && !pane.held.has(message.ts)) pane.held.set(message.ts, message)
  return pane.held?.get(message.ts) ?? message
}

// drawBox takes commands. It belongs to the person, so that half a command
// stays with who typed it.
function drawBox(pane, state, doing) {
  const id = `${pane.id}-box`
  const submit = (event) => {
    event.preventDefault()
    doing.say(event.currentTarget.querySelector('input'))
  }
  return h('form', { class: 'box', key: `box-${pane.person}`, on: { submit } },
    h('label', { for: id, class: 'aside' }, `Type a command as ${name(pane.person, state)}`),
    h('input', { id, type: 'text', autocomplete: 'off', spellcheck: 'false', placeholder: example(state), enterkeyhint: 'send', key: `${id}-${pane.person}` }),
    h('button', { type: 'submit', class: 'button primary', disabled: pane.busy.has('say') }, 'Send'))
}

// example is the first command of the guide.
function example(state) {
  const step = state.setup.guide?.find((one) => one.type)
  return step ? `Type a command, such as ${step.type.split(' ')[0]}` : 'Type a slash command'
}

function drawNote(pane, doing) {
  if (!pane.note) return undefined
  return h('p', { class: pane.note.wrong ? 'note wrong' : 'note', role: pane.note.wrong ? 'alert' : 'status', key: 'note' },
    h('span', null, pane.note.text), h('button', { type: 'button', class: 'plain', 'aria-label': 'Dismiss', on: { click: doing.dismiss } }, '✕'))
}

function drawOver(pane, screen, state, doing) {
  if (pane.confirm) return drawConfirm(pane.confirm.question, pane.id, pane.confirm.answer)
  const view = screen?.modal
  if (!view) return undefined
  const there = { ...context(pane, state, doing, { view: view.id }, view.id), errors: view.errors }
  return drawModal(view, there, {
    submit: (values) => doing.submit(view, values), close: () => doing.close(view),
    busy: view.busy || pane.busy.has(`submit ${view.id}`), problem: pane.note?.wrong && pane.note.text,
  })
}

function context(pane, state, doing, target, id) {
  return {
    pane: pane.id, person: pane.person, people: new Map(state.people.map((one) => [one.id, one])), prefix: `${pane.id}-${id}`,
    act: (block, element, choice) => doing.act(target, block, element, choice),
    suggest: (block, element, query) => doing.suggest(target, block, element, query),
    busy: (block, element) => pane.busy.has(actionKey(target, block, element)),
  }
}

export function actionKey(target, block, element) {
  return JSON.stringify([target.view ?? target.message ?? 'home', block.block_id, element.action_id])
}

function name(id, state) {
  return state.people.find((one) => one.id === id)?.name ?? 'nobody'
}
