// Draws the conversation of one person with the app, notices included.

import { drawBlocks } from './blocks.js'
import { h } from './dom.js'
import { drawMrkdwn } from './text.js'
import { clock, dayName, full, tsDate } from './time.js'

// drawMessages draws a list ordered by time, with a line between two days.
export function drawMessages(messages, contextOf) {
  if (messages.length === 0) return [h('p', { class: 'empty' }, 'No messages yet.')]
  let day = ''
  return messages.flatMap((message) => {
    const name = dayName(tsDate(message.ts))
    const line = name === day ? [] : [h('p', { class: 'day', key: 'day ' + name }, h('span', null, name))]
    day = name
    return [...line, drawMessage(message, contextOf(message))]
  })
}

function drawMessage(message, context) {
  const at = tsDate(message.ts)
  return h('article', { class: message.private ? 'message notice' : 'message', key: context.prefix, 'aria-label': `Message from ${message.from}` },
    message.private && h('p', { class: 'only' }, 'Only you can see this'),
    h('p', { class: 'from' }, h('strong', null, message.from), message.app && h('span', { class: 'badge' }, 'app'),
      h('time', { datetime: at.toISOString(), title: full(at) }, clock(at)), message.edited && h('span', { class: 'hint' }, 'edited'), context.more?.(message)),
    message.blocks?.length ? drawBlocks(message.blocks, context) : h('div', { class: 'block prose' }, drawMrkdwn(message.text, context)))
}
