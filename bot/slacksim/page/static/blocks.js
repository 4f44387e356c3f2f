// Draws the blocks of a surface: a message, a modal or a Home tab. A block that
// isn't known is shown as such, with its content, and never left out.
//
// A context says where the blocks are and what can be done there:
//   pane     the id of the pane
//   person   the reader's id
//   people   Map of the people by id
//   prefix   what ids on the page begin with, different for every surface
//   act      (block, element, choice) => void: a button was pressed, …
//   suggest  (block, element, query) => Promise of options
//   busy     (block, element) => whether an action still waits for the app
//   errors   what is wrong with inputs, by block id

import { drawElement, drawUnknown } from './elements.js'
import { h } from './dom.js'
import { drawRichText } from './richtext.js'
import { drawText, plainText } from './text.js'

// drawBlocks draws a list of blocks, each kept apart by its id.
export function drawBlocks(blocks, context) {
  return (blocks ?? []).map((block, i) => {
    const node = drawBlock({ block_id: `block-${i}`, ...block }, context)
    node.understudyKey = `${context.prefix}/${block.block_id ?? i}/${block.type}`
    return node
  })
}

function drawBlock(block, context) {
  switch (block.type) {
    case 'section': return drawSection(block, context)
    case 'header': return h('h3', { class: 'block header' }, drawText(block.text, context))
    case 'divider': return h('hr', { class: 'block' })
    case 'context': return drawContext(block, context)
    case 'actions': return h('div', { class: 'block actions' }, (block.elements ?? []).map((e) => drawElement(block, e, context)))
    case 'input': return drawInput(block, context)
    case 'image': return drawImage(block, context)
    case 'rich_text': return h('div', { class: 'block' }, drawRichText(block, context))
    default: return drawUnknown('block', block)
  }
}

function drawSection(block, context) {
  return h('div', { class: 'block section' },
    h('div', { class: 'text' },
      block.text && h('div', { class: 'prose' }, drawText(block.text, context)),
      block.fields && h('div', { class: 'fields' }, block.fields.map((field) => h('div', { class: 'prose' }, drawText(field, context))))),
    block.accessory && h('div', { class: 'accessory' }, drawElement(block, block.accessory, context)))
}

function drawContext(block, context) {
  return h('div', { class: 'block context' }, (block.elements ?? []).map((element) =>
    element.type === 'image' || !element.text ? drawElement(block, element, context) : h('span', null, drawText(element, context))))
}

function drawImage(block, context) {
  return h('figure', { class: 'block image' },
    block.title && h('figcaption', null, drawText(block.title, context)), drawElement(block, block, context))
}

// drawInput puts a label, a hint and what is wrong around one element. The
// element finds them by id, so that screen readers read them with it.
function drawInput(block, context) {
  const id = `${context.prefix}-${block.block_id}`
  const wrong = context.errors?.[block.block_id]
  const labelled = {
    id, label: `${id}-label`, required: !block.optional, invalid: Boolean(wrong),
    described: `${id}-error ${id}-hint`,
  }
  return h('div', { class: wrong ? 'block input wrong' : 'block input' },
    h('label', { id: labelled.label, for: id }, plainText(block.label), block.optional && h('span', { class: 'optional' }, ' (optional)')),
    drawElement(block, block.element ?? {}, { ...context, labelled }),
    wrong && h('p', { id: `${id}-error`, class: 'error', role: 'alert' }, wrong),
    block.hint && h('p', { id: `${id}-hint`, class: 'hint' }, plainText(block.hint)))
}
