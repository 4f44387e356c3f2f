// The page of the demo: up to two people of a workspace side by side, live.
// What the workspace shows is drawn as it is; the page decides nothing.

import { acting } from './act.js'
import { h, patch } from './dom.js'
import { drawGuide } from './guide.js'
import { drawPane } from './pane.js'
import { readScreen } from './screen.js'
import { follow, setup } from './server.js'
import { drawStage } from './stagehand.js'
import { drawTheme, wear } from './theme.js'
import { roomy, wide } from './width.js'

const state = {
  setup: {}, people: [], screens: new Map(), connected: true, seen: new Map(),
  panes: [newPane('left'), newPane('right')], unread,
}

function newPane(id) {
  return { id, person: undefined, tab: 'messages', note: undefined, confirm: undefined, held: undefined, busy: new Set() }
}

// shown are the panes that there is room for.
const shown = () => (wide.matches ? state.panes : state.panes.slice(0, 1))

let root = document.querySelector('main')
let drawing = 0

function redraw() {
  drawing ||= requestAnimationFrame(() => {
    drawing = 0
    notice()
    const down = atBottom()
    root = patch(root, draw())
    settle(down)
  })
}

function draw() {
  return h('main', null,
    h('p', { class: 'aside', 'aria-live': 'polite' }, state.news ?? ''),
    h('header', { class: 'top' },
      h('h1', null, state.setup.title ?? ''),
      h('p', { class: state.connected ? 'live' : 'live off', role: 'status' }, state.connected ? 'Live' : 'Connection lost, trying again…'),
      h('nav', { 'aria-label': 'Elsewhere' }, (state.setup.links ?? []).map((link) =>
        h('a', { href: link.url, target: '_blank', rel: 'noopener noreferrer' }, link.text)), drawTheme(redraw))),
    h('div', { class: 'around' }, drawGuide(state.setup.guide, state.people, go), drawStage(state, redraw)),
    h('div', { class: 'panes' }, shown().filter((pane) => pane.person).map((pane) => drawPane(pane, state, doing(pane)))))
}

const acts = new Map()
function doing(pane) {
  if (!acts.has(pane)) acts.set(pane, acting(pane, state, redraw))
  return acts.get(pane)
}

// go makes a pane the one where a step happens, and sends what the step says;
// the other pane becomes who else should be seen.
function go(person, text, other, channel) {
  const pane = shown().find((one) => one.person === person) ?? shown().at(text ? 0 : -1)
  if (pane.person !== person) doing(pane).become(person)
  const beside = shown().find((one) => one !== pane)
  if (other && beside && beside.person !== other) doing(beside).become(other)
  pane.tab = state.screens.get(person)?.channels.find((one) => one.name === channel)?.id ?? 'messages'
  if (!roomy.matches) document.querySelector('.guide').open = false
  redraw()
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const box = document.getElementById(`${pane.id}-box`)
    box?.focus()
    if (box && text) {
      box.value = text
      box.form.requestSubmit()
    }
    box?.closest('.pane').scrollIntoView({ block: 'nearest' })
  }))
}

// notice remembers what has been on a screen that is shown, so that the rest
// can be counted as new.
function notice() {
  for (const pane of shown()) {
    const last = state.screens.get(pane.person)?.messages.at(-1)
    if (last && pane.tab === 'messages') state.seen.set(pane.person, last.ts)
  }
}

function unread(person) {
  const seen = state.seen.get(person) ?? ''
  return (state.screens.get(person)?.messages ?? []).filter((message) => message.ts > seen).length
}

// tell says to screen readers what arrived on a screen that is shown.
function tell(before, now, person) {
  const last = now.messages.at(-1)
  if (!before || !last || last.ts <= (before.messages.at(-1)?.ts ?? '')) return
  if (!shown().some((pane) => pane.person === person.id)) return
  state.news = `${person.name.split(' ')[0]} has a message: ${last.text}`
}

// atBottom lists the conversations that are scrolled to their end; settle keeps
// them there, and moves the focus to a modal that has just opened.
function atBottom() {
  const panels = [...document.querySelectorAll('.panel.messages')]
  return panels.filter((one) => one.scrollHeight - one.scrollTop - one.clientHeight < 60)
}

// firstEmpty is the field of a modal where somebody goes on.
function firstEmpty(modal) {
  const fields = [...modal.querySelectorAll('.body :is(input, textarea, select)')]
  return fields.find((one) => one.value === '') ?? fields[0] ?? modal
}

const opened = new WeakSet()
function settle(down) {
  for (const panel of document.querySelectorAll('.panel.messages')) {
    if (down.includes(panel) || !opened.has(panel)) panel.scrollTop = panel.scrollHeight
    opened.add(panel)
  }
  for (const modal of document.querySelectorAll('.modal')) {
    if (!opened.has(modal)) firstEmpty(modal).focus()
    opened.add(modal)
  }
  refocus()
}

// refocus gives the keyboard back to the pane where it was, when what had it is
// gone: to what lies over the pane, or to its message box.
let lastPane
document.addEventListener('focusin', (event) => { lastPane = event.target.closest('.pane')?.id })

function refocus() {
  if (!lastPane || document.activeElement !== document.body) return
  const pane = document.getElementById(lastPane)
  const there = pane?.querySelector('.veil .modal') ?? pane?.querySelector('.box input') ?? pane?.querySelector('.panel')
  there?.focus()
}

function meet(people) {
  state.people = people
  const known = new Set(people.map((one) => one.id))
  for (const id of state.screens.keys()) if (!known.has(id)) state.screens.delete(id)
  for (const [i, pane] of state.panes.entries()) if (!known.has(pane.person)) pane.person = people[i]?.id
  redraw()
}

wear()
wide.addEventListener('change', redraw)
state.setup = await setup()
document.title = state.setup.title
follow({
  people: meet,
  stage: (acts) => { state.stage = acts; redraw() },
  screen: (sent) => {
    const now = readScreen(sent, state.setup.app)
    tell(state.screens.get(sent.person.id), now, sent.person)
    state.screens.set(sent.person.id, now)
    redraw()
  },
  connected: (on) => { state.connected = on; redraw() },
})
