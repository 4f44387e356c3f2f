// Draws what a first-time visitor should try, one step after another.

import { h } from './dom.js'
import { roomy } from './width.js'

// drawGuide draws the steps. go(person, command, other, channel) does what a step begins with.
export function drawGuide(steps, people, go) {
  if (!steps?.length) return undefined
  return h('details', { class: 'guide', key: 'guide', open: roomy.matches },
    h('summary', null, 'What to try'),
    h('ol', { tabindex: '0', 'aria-label': 'Things to try' }, steps.map((step) => h('li', null, drawText(step.text), drawGo(step, people, go)))))
}

// drawText makes what stands before the colon the name of a step.
function drawText(text) {
  const [, title, rest] = /^([^:.]{3,30}):(.*)$/s.exec(text) ?? []
  return title ? h('span', null, h('strong', null, title), h('br'), rest.trim().replace(/^./u, (c) => c.toUpperCase())) : h('span', null, text)
}

function drawGo(step, people, go) {
  const find = (name) => people.find((one) => one.name === name || one.id === name)
  const person = find(step.person)
  if (!person) return undefined
  const first = person.name.split(' ')[0]
  const label = step.channel ? `As ${first}: open #${step.channel}` : step.type ? `As ${first}: ${step.type}` : `Be ${first}`
  return h('button', { type: 'button', class: 'button small', on: { click: () => go(person.id, step.type, find(step.with)?.id, step.channel) } }, label)
}
