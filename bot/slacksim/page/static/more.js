// Draws what a person reads and writes in channels, and the menu of a message
// there, with the app's shortcuts.

import { h } from './dom.js'
import { drawMessages } from './messages.js'

// tabsOf are the names of a pane's tabs by what they show: the two of the app,
// and a channel by its id.
export function tabsOf(screen, own) {
  return { ...own, ...Object.fromEntries((screen?.channels ?? []).map((one) => [one.id, '#' + one.name])) }
}

// openTab is the tab that a pane shows: its own, or the first one where the
// person isn't in the channel.
export function openTab(pane, tabs) {
  return pane.tab in tabs ? pane.tab : Object.keys(tabs)[0]
}

// drawChannel draws a channel. contextOf(message) is what its blocks need.
export function drawChannel(pane, channel, state, doing, contextOf) {
  const named = (message) => (message.by ? { ...message, from: state.people.find((one) => one.id === message.by)?.name ?? 'somebody' } : message)
  const more = (message) => drawMore(message, state.setup.shortcuts, (shortcut) => doing.shortcut(channel.id, message.ts, shortcut.callback_id))
  return h('div', { class: 'panel messages', role: 'tabpanel', id: `${pane.id}-panel`, key: `${pane.person}-${channel.id}`, tabindex: '0', 'aria-labelledby': `${pane.id}-tab-${channel.id}` },
    h('div', { role: 'log', class: 'log', 'aria-label': `Messages in #${channel.name}` },
      drawMessages(channel.messages.map(named), (message) => ({ ...contextOf(message), more }))))
}

// drawWrite takes what the person writes in the channel.
export function drawWrite(pane, channel, doing) {
  const id = `${pane.id}-write`
  const submit = (event) => {
    event.preventDefault()
    doing.write(event.currentTarget.querySelector('input'), channel.id)
  }
  return h('form', { class: 'box', key: `write-${pane.person}-${channel.id}`, on: { submit } },
    h('label', { for: id, class: 'aside' }, `Write in #${channel.name}`),
    h('input', { id, type: 'text', autocomplete: 'off', placeholder: `Write in #${channel.name}`, enterkeyhint: 'send' }),
    h('button', { type: 'submit', class: 'button primary', disabled: pane.busy.has('say') }, 'Send'))
}

// drawMore draws the menu of a message. What only one person sees has none.
function drawMore(message, shortcuts, use) {
  if (message.private || !shortcuts?.length) return undefined
  const keydown = (event) => {
    if (event.key !== 'Escape') return
    event.currentTarget.open = false
    event.currentTarget.querySelector('summary').focus()
  }
  const click = (shortcut) => (event) => {
    event.currentTarget.closest('details').open = false
    use(shortcut)
  }
  return h('details', { class: 'more', on: { keydown } },
    h('summary', { 'aria-label': `More actions for the message from ${message.from}`, title: 'More actions' }, '⋯'),
    h('ul', null, shortcuts.map((one) => h('li', null,
      h('button', { type: 'button', class: 'button small', title: one.description, on: { click: click(one) } }, one.name)))))
}
