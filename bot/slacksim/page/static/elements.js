// Draws the elements that people act on. In an input block an element holds a
// value until the view is submitted; anywhere else it acts at once.

import { drawChoices } from './choices.js'
import { h } from './dom.js'
import { actsAtOnce, describe, keyOf } from './naming.js'
import { plainText } from './text.js'
import { drawTypeahead } from './typeahead.js'
import { safeURL } from './mrkdwn.js'

export function drawElement(block, element, context) {
  switch (element.type) {
    case 'button': return drawButton(block, element, context)
    case 'image': return drawPicture(element)
    case 'plain_text_input': return drawTextInput(block, element, context)
    case 'static_select': return drawSelect(block, element, context)
    case 'external_select': return drawTypeahead(block, element, context)
    case 'users_select': return drawPeople(block, element, context)
    case 'radio_buttons': return drawChoices('radio', block, element, context)
    case 'checkboxes': return drawChoices('checkbox', block, element, context)
    default: return drawUnknown('element', element)
  }
}

// drawUnknown shows what this page can't draw, as it came.
export function drawUnknown(what, content) {
  return h('details', { class: 'block unknown' },
    h('summary', null, `A ${what} of a kind that this page doesn't draw: ${content.type ?? 'none'}`),
    h('pre', null, JSON.stringify(content, null, 2)))
}

function drawButton(block, element, context) {
  const busy = context.busy?.(block, element)
  const press = () => context.act(block, element)
  const link = safeURL(element.url)
  const kind = link ? { href: link, target: '_blank', rel: 'noopener noreferrer' } : { type: 'button' }
  return h(link ? 'a' : 'button', {
    ...kind, class: ['button', element.style].filter(Boolean).join(' '), key: keyOf(block, element, context),
    'aria-label': element.accessibility_label, 'aria-busy': busy ? 'true' : undefined, disabled: !link && busy,
    'data-action': element.action_id, on: { click: press },
  }, plainText(element.text))
}

function drawPicture(image) {
  const source = image.image_url ?? ''
  if (ours(source)) return h('img', { class: 'picture', src: source, alt: image.alt_text ?? '' })
  if (!safeURL(source)) return h('span', { class: 'picture' }, image.alt_text ?? 'picture')
  return h('a', { class: 'picture', href: source, target: '_blank', rel: 'noopener noreferrer' }, image.alt_text || 'picture')
}

// ours says whether the page's policy lets a picture be shown: it is from here.
function ours(url) {
  return URL.canParse(url) && new URL(url).origin === location.origin
}

function drawTextInput(block, element, context) {
  const id = context.labelled?.id
  const counter = element.max_length && h('span', { class: 'counter', 'aria-hidden': 'true', island: true })
  const input = h(element.multiline ? 'textarea' : 'input', {
    ...describe(context), type: element.multiline ? undefined : 'text', rows: element.multiline ? 3 : undefined,
    placeholder: plainText(element.placeholder), maxlength: element.max_length, minlength: element.min_length,
    autocomplete: 'off', start: element.initial_value, key: `${id}/input`,
    on: {
      input: (event) => {
        count(event.target)
        if (sends(block, element, 'on_character_entered', context)) context.act(block, element, event.target.value)
      },
      keydown: (event) => {
        if (event.key !== 'Enter' || element.multiline || !sends(block, element, 'on_enter_pressed', context)) return
        event.preventDefault()
        context.act(block, element, event.target.value)
      },
    },
  })
  const field = h('div', { class: 'field', key: keyOf(block, element, context), 'data-block': block.block_id, 'data-action': element.action_id },
    input, counter)
  field.understudyRead = () => ({ type: element.type, value: field.querySelector('input, textarea').value || null })
  count(input)
  return field
}

// sends says whether a text field tells the app at this moment: one of an input
// block does if the block dispatches actions, Enter being the default.
// https://docs.slack.dev/reference/block-kit/composition-objects/dispatch-action-configuration-object
function sends(block, element, moment, context) {
  if (context.labelled && !block.dispatch_action) return false
  return (element.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed']).includes(moment)
}

function count(input) {
  const counter = input.parentElement?.querySelector('.counter')
  if (counter) counter.textContent = `${[...input.value].length} / ${input.maxLength}`
}

function drawSelect(block, element, context) {
  const chosen = element.initial_option?.value
  const groups = element.option_groups?.map((group) => h('optgroup', { label: plainText(group.label) }, group.options.map((o) => drawOption(o, chosen))))
  const select = h('select', {
    ...describe(context, plainText(element.placeholder) || 'Choose'), key: keyOf(block, element, context),
    'data-block': block.block_id, 'data-action': element.action_id,
    on: { change: (event) => { if (actsAtOnce(block, context)) context.act(block, element, picked(event.target)) } },
  }, h('option', { value: '', disabled: context.labelled?.required, selected: !chosen }, plainText(element.placeholder) || 'Choose…'),
  groups ?? (element.options ?? []).map((option) => drawOption(option, chosen)))
  select.understudyRead = () => ({ type: element.type, selected_option: picked(select) })
  return select
}

// drawPeople lets one choose among the people of the workspace.
function drawPeople(block, element, context) {
  const people = [...context.people.values()].filter((one) => !one.gone)
  const select = h('select', {
    ...describe(context, plainText(element.placeholder) || 'Choose a person'), key: keyOf(block, element, context),
    'data-block': block.block_id, 'data-action': element.action_id,
    on: { change: (event) => { if (actsAtOnce(block, context)) context.act(block, element, event.target.value || null) } },
  }, h('option', { value: '', selected: !element.initial_user }, plainText(element.placeholder) || 'Choose…'),
  people.map((one) => h('option', { value: one.id, selected: one.id === element.initial_user }, one.name)))
  select.understudyRead = () => ({ type: element.type, selected_user: select.value || null })
  return select
}

function drawOption(option, chosen) {
  const description = plainText(option.description)
  return h('option', { value: option.value, selected: option.value === chosen, 'data-option': JSON.stringify(option) },
    plainText(option.text), description && ` (${description})`)
}

function picked(select) {
  const option = select.selectedOptions[0]?.dataset.option
  return option ? JSON.parse(option) : null
}
