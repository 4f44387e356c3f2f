// Draws what the app did, in one line of time: what it recorded, what it called
// the workspace for, and what happened to it behind the scenes. Screen readers
// read it when somebody goes there, and aren't told of every line.

import { h } from './dom.js'
import { formatDate, full, precise } from './time.js'

const kinds = { record: 'Recorded', call: 'Slack', stage: 'Backstage' }

export function drawDeeds(state, redraw) {
  if (!state.deeds) return undefined
  const last = state.deeds.at(-1)
  const toggle = (event) => {
    state.deedsOpen = event.currentTarget.open
    redraw()
  }
  return h('details', { class: 'deeds', key: 'deeds', on: { toggle } },
    h('summary', null, 'What the bot did', last && !state.deedsOpen && h('span', { class: 'hint', 'aria-hidden': 'true' }, drawTold(last.text))),
    state.deedsOpen && h('ol', { class: 'timeline', tabindex: '0', 'aria-label': 'What the bot did, the newest at the end', 'aria-live': 'off' },
      state.deeds.length ? state.deeds.map(drawDeed) : h('li', { class: 'empty' }, 'Nothing yet.')))
}

function drawDeed(deed) {
  const at = new Date(deed.at)
  return h('li', { class: deed.wrong ? `deed ${deed.kind} wrong` : `deed ${deed.kind}` },
    h('time', { datetime: deed.at, title: full(at) }, precise(at)),
    h('span', { class: 'kind' }, kinds[deed.kind] ?? deed.kind),
    h('span', { class: 'told' }, deed.about && h('span', { class: 'badge' }, deed.about), deed.about && ' ', drawTold(deed.text)),
    deed.exact && h('code', null, deed.exact))
}

// drawTold shows the times that an app wrote without knowing who reads them.
function drawTold(text) {
  return text.split(/(\d{4}-\d\d-\d\d \d\d:\d\d UTC)/).map((part, i) => (i % 2 ? drawTime(part) : part))
}

function drawTime(utc) {
  const at = new Date(utc.replace(' UTC', 'Z').replace(' ', 'T'))
  return h('time', { datetime: at.toISOString() }, formatDate(at / 1000, '{date_short_pretty} at {time}'))
}
