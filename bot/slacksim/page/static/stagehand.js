// Draws what can be done behind the scenes, and what came of it.

import { h } from './dom.js'
import { post } from './server.js'
import { roomy } from './width.js'

// drawStage draws the acts as the workspace says that they are now.
export function drawStage(state, redraw) {
  if (!state.stage?.length) return undefined
  return h('details', { class: 'stage', key: 'stage', open: roomy.matches, name: roomy.matches ? undefined : 'around' },
    h('summary', null, 'Backstage'),
    h('div', { class: 'acts' }, state.stage.map((act) => h('button', {
      type: 'button', key: act.name, class: act.on ? 'button small on' : 'button small', disabled: act.wait,
      on: { click: () => behind(act, state, redraw) },
    }, act.text))),
    h('p', { role: 'status' }, state.said ?? ''))
}

async function behind(act, state, redraw) {
  try {
    const answer = await post('stage', { action: act.name })
    state.said = answer.note
    state.stage = answer.stage ?? state.stage
  } catch (error) {
    state.said = error.message
  }
  redraw()
}
