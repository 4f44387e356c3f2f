// Draws what a first-time visitor should try, one step after another.

import { h } from './dom.js'

// drawGuide draws the steps. go(step) brings a pane to where a step happens.
export function drawGuide(steps, people, go) {
  if (!steps?.length) return undefined
  return h('details', { class: 'guide', key: 'guide', open: matchMedia('(min-width: 56rem)').matches },
    h('summary', null, 'What to try'),
    h('ol', null, steps.map((step) => h('li', null, h('span', null, step.text), drawGo(step, people, go)))))
}

function drawGo(step, people, go) {
  const person = people.find((one) => one.name === step.person || one.id === step.person)
  if (!person) return undefined
  const first = person.name.split(' ')[0]
  const label = step.type ? `As ${first}: ${step.type}` : `Be ${first}`
  return h('button', { type: 'button', class: 'button small', on: { click: () => go(person.id, step.type) } }, label)
}
