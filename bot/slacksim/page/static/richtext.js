// Draws rich_text: sections, lists, quotes and preformatted text.

import { h } from './dom.js'
import { drawDate, drawEmoji, drawLink, drawMention } from './text.js'
import { safeURL } from './mrkdwn.js'

export function drawRichText(block, context) {
  return h('div', { class: 'rich' }, (block.elements ?? []).map((part) => drawPart(part, context)))
}

function drawPart(part, context) {
  const runs = () => (part.elements ?? []).flatMap((run) => drawRun(run, context))
  switch (part.type) {
    case 'rich_text_section': return h('p', null, runs())
    case 'rich_text_quote': return h('blockquote', null, runs())
    case 'rich_text_preformatted': return h('pre', null, runs())
    case 'rich_text_list': return drawList(part, context)
    default: return h('p', { class: 'unknown' }, `A rich text part that this page doesn't draw: ${part.type}`)
  }
}

function drawList(list, context) {
  const ordered = list.style === 'ordered'
  const props = { class: `indent-${Math.min(list.indent ?? 0, 4)}`, start: undefined }
  const node = h(ordered ? 'ol' : 'ul', props, (list.elements ?? []).map((item) => h('li', null, drawPart(item, context))))
  if (ordered && list.offset) node.setAttribute('start', String(list.offset + 1))
  return node
}

function drawRun(run, context) {
  return [styled(bare(run, context), run.style)]
}

function bare(run, context) {
  switch (run.type) {
    case 'text': return broken(run.text)
    case 'link': return drawLink(run.url, run.text)
    case 'user': return drawMention(run.user_id, '', context)
    case 'channel': return h('span', { class: 'mention' }, '#' + run.channel_id)
    case 'usergroup': return h('span', { class: 'mention' }, '@' + run.usergroup_id)
    case 'broadcast': return h('span', { class: 'mention loud' }, '@' + run.range)
    case 'emoji': return drawEmoji(run.name, run.unicode)
    case 'date': return drawDate(run.timestamp, run.format, safeURL(run.url))
    case 'color': return h('code', null, run.value)
    default: return h('span', { class: 'unknown' }, `[${run.type}]`)
  }
}

function broken(text) {
  const parts = (text ?? '').split('\n').flatMap((line, i) => (i === 0 ? [line] : [h('br'), line]))
  return parts.length === 1 ? document.createTextNode(parts[0]) : h('span', null, parts)
}

function styled(node, style) {
  const tags = { bold: 'strong', italic: 'em', strike: 's', underline: 'u', code: 'code' }
  return Object.entries(tags).reduce((inner, [name, tag]) => (style?.[name] ? h(tag, null, inner) : inner), node)
}
