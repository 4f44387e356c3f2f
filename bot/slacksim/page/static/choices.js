// Draws radio buttons and checkboxes.

import { h } from './dom.js'
import { actsAtOnce } from './naming.js'
import { drawText } from './text.js'

export function drawChoices(kind, block, element, context) {
  const name = `${context.prefix}-${block.block_id}-${element.action_id}`
  const group = h('div', {
    class: 'choices', role: kind === 'radio' ? 'radiogroup' : 'group', id: context.labelled?.id, key: name,
    'aria-labelledby': context.labelled?.label, 'aria-describedby': context.labelled?.described,
    'aria-invalid': context.labelled?.invalid ? 'true' : undefined,
    'data-block': block.block_id, 'data-action': element.action_id,
    on: { change: () => { if (actsAtOnce(block, context)) context.act(block, element, chosen(kind, element, group)) } },
  }, (element.options ?? []).map((option) => drawChoice(kind, name, option, initially(element, option), context)))
  group.understudyRead = () => value(kind, element, group)
  return group
}

function drawChoice(kind, name, option, checked, context) {
  return h('label', { class: 'choice', key: `${name}/${option.value}` },
    h('input', { type: kind, name, value: option.value, start: checked }),
    h('span', null, drawText(option.text, context),
      option.description && h('span', { class: 'hint' }, drawText(option.description, context))))
}

function initially(element, option) {
  const first = element.initial_options ?? [element.initial_option]
  return first.some((one) => one?.value === option.value)
}

function chosen(kind, element, group) {
  const values = [...group.querySelectorAll('input:checked')].map((input) => input.value)
  const options = (element.options ?? []).filter((option) => values.includes(option.value))
  return kind === 'radio' ? options[0] ?? null : options
}

function value(kind, element, group) {
  const picked = chosen(kind, element, group)
  return kind === 'radio' ? { type: element.type, selected_option: picked } : { type: element.type, selected_options: picked }
}
