// Draws who somebody is at a glance: their initials, on a colour of their own.

import { h } from './dom.js'

const tones = 6

// drawAvatar draws the one of the i-th person; without i it is the app's.
export function drawAvatar(name, i) {
  return h('span', { class: i === undefined ? 'avatar app' : `avatar tone-${i % tones}`, 'aria-hidden': 'true' }, initials(name))
}

function initials(name) {
  const words = name.split(/\s+/).filter(Boolean)
  return [words[0], words.length > 1 && words.at(-1)].filter(Boolean).map((word) => [...word][0].toUpperCase()).join('')
}
