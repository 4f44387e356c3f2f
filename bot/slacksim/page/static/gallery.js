// The gallery: every state of every surface at once, drawn as a workspace
// draws it. Nothing can be done here.

import { drawBlocks } from './blocks.js'
import { h, patch } from './dom.js'
import { drawMrkdwn, plainText } from './text.js'
import { drawTheme, wear } from './theme.js'

const shown = await (await fetch('views')).json()
const people = new Map((shown.people ?? []).map((one) => [one.id, one]))
let root = document.querySelector('main')
wear()
redraw()

function redraw() {
  root = patch(root, h('main', { class: 'gallery' },
    h('header', { class: 'top' }, h('h1', null, `${shown.app}: every state of every surface`), h('nav', { 'aria-label': 'Elsewhere' }, h('a', { href: './' }, 'The demo'), drawTheme(redraw))),
    [...Map.groupBy(shown.views ?? [], (one) => one.state)].map(([state, views]) => h('section', { class: 'state', 'aria-label': words(state) },
      h('h2', null, words(state)), h('div', { class: 'views' }, views.map(drawView))))))
}

function drawView(one) {
  const prefix = `${one.state}-${one.who}`
  const context = { pane: prefix, people, prefix, act: () => {}, suggest: async () => [] }
  return h('article', { class: 'message', 'aria-label': `${words(one.state)}, ${one.who}`, 'data-state': one.state },
    h('p', { class: 'only' }, one.who, one.text && ': ', one.text && drawMrkdwn(one.text, context)),
    one.view.title && h('h3', null, plainText(one.view.title)),
    drawBlocks(one.view.blocks, context),
    one.view.submit && h('p', { class: 'buttons' }, h('span', { class: 'button' }, plainText(one.view.close)), h('span', { class: 'button primary' }, plainText(one.view.submit))))
}

function words(name) {
  return name.replaceAll('_', ' ').replace(/^./, (c) => c.toUpperCase())
}
