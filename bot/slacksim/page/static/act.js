// What people do in a pane, told to the workspace. Everything that may take
// a moment is marked as busy, and everything that fails is said in the pane.

import { readValues } from './modal.js'
import { actionKey } from './pane.js'
import { post } from './server.js'

// acting returns what can be done in one pane; redraw is called when what the
// pane shows has changed.
export function acting(pane, state, redraw) {
  const person = () => pane.person
  const waiting = async (key, work) => {
    if (pane.busy.has(key)) return
    pane.busy.add(key)
    pane.note = undefined
    redraw()
    try {
      await work()
    } catch (problem) {
      pane.note = { text: problem.message, wrong: true }
    }
    pane.busy.delete(key)
    redraw()
  }
  const press = (target, block, element, choice) => waiting(actionKey(target, block, element), () =>
    post('press', { person: person(), ...target, block: block.block_id, action: element.action_id, choice, values: (target.view || target.home) && readValues(pane.id) }))

  return {
    become: (id) => {
      become(pane, state, id, redraw)
      if (pane.tab === 'home') waiting('home', () => post('home', { person: person() }))
    },
    open: (tab) => {
      pane.tab = tab
      pane.note = undefined
      redraw()
      if (tab === 'home') waiting('home', () => post('home', { person: person() }))
    },
    // hold keeps the messages that are there as they are, as a window that lags does.
    hold: (on) => {
      const messages = state.screens.get(pane.person)?.messages ?? []
      pane.held = on ? new Map(messages.map((message) => [message.ts, message])) : undefined
      redraw()
    },
    dismiss: () => {
      pane.note = undefined
      redraw()
    },
    say: (input) => waiting('say', async () => {
      const answer = await post('command', { person: person(), text: input.value })
      if (answer.note) pane.note = { text: answer.note }
      else input.value = ''
    }),
    write: (input, channel) => waiting('say', async () => {
      await post('post', { person: person(), channel, text: input.value })
      input.value = ''
    }),
    shortcut: (channel, message, action) => waiting(`shortcut ${message}`, () => post('shortcut', { person: person(), channel, message, action })),
    act: (target, block, element, choice) => {
      if (element.confirm) ask(pane, element.confirm, () => press(target, block, element, choice), redraw)
      else press(target, block, element, choice)
    },
    suggest: async (target, block, element, query) =>
      (await post('suggest', { person: person(), ...target, block: block.block_id, action: element.action_id, query })).options ?? [],
    submit: (view, values) => waiting(`submit ${view.id}`, () => post('submit', { person: person(), view: view.id, values })),
    close: (view) => waiting(`close ${view.id}`, () => post('close', { person: person(), view: view.id })),
  }
}

// become makes a pane somebody else's. Two panes never show the same person:
// they change places.
function become(pane, state, id, redraw) {
  const other = state.panes.find((one) => one !== pane && one.person === id)
  if (other) other.person = pane.person
  pane.person = id
  for (const one of [pane, other]) if (one) Object.assign(one, { note: undefined, confirm: undefined, held: undefined })
  redraw()
}

function ask(pane, question, go, redraw) {
  const answer = (yes) => {
    pane.confirm = undefined
    redraw()
    if (yes) go()
  }
  pane.confirm = { question, answer }
  redraw()
}
