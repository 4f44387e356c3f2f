// Draws what people read: text objects of Block Kit, and the marks inside them.

import { h } from './dom.js'
import { emoji } from './emoji.js'
import { parse, safeURL } from './mrkdwn.js'
import { formatDate, full } from './time.js'

// drawText draws a text object, {type: "mrkdwn" | "plain_text", text, emoji}.
export function drawText(text, context) {
  if (!text) return []
  if (text.type === 'mrkdwn') return drawMrkdwn(text.text, context)
  return drawPlain(text.text, text.emoji !== false)
}

export function drawMrkdwn(source, context) {
  return parse(source).map((node) => drawNode(node, context))
}

// plainText is the same as words alone, for labels that can't hold markup.
export function plainText(text) {
  const shown = text?.text ?? ''
  return text?.emoji === false ? shown : shown.replace(/:([a-z0-9_+-]{2,40}):/g, (whole, name) => emoji(name) ?? whole)
}

function drawPlain(source, withEmoji) {
  const shown = plainText({ text: source, emoji: withEmoji })
  return shown.split('\n').flatMap((line, i) => (i === 0 ? [line] : [h('br'), line]))
}

function drawNode(node, context) {
  const kids = () => node.kids.map((kid) => drawNode(kid, context))
  switch (node.kind) {
    case 'text': return document.createTextNode(node.text)
    case 'bold': return h('strong', null, kids())
    case 'italic': return h('em', null, kids())
    case 'strike': return h('s', null, kids())
    case 'code': return h('code', null, node.text)
    case 'pre': return h('pre', null, node.text)
    case 'quote': return h('blockquote', null, kids())
    case 'br': return h('br')
    case 'link': return drawLink(node.url, node.label)
    case 'user': return drawMention(node.id, node.label, context)
    case 'channel': return h('span', { class: 'mention' }, '#' + (node.label || node.id))
    case 'group': return h('span', { class: 'mention' }, node.label || '@' + node.id)
    case 'broadcast': return h('span', { class: 'mention loud' }, '@' + node.range)
    case 'date': return drawDate(node.at, node.format, node.url)
    case 'emoji': return drawEmoji(node.name)
    default: return document.createTextNode(node.text ?? '')
  }
}

export function drawLink(url, label) {
  const safe = safeURL(url)
  if (!safe) return document.createTextNode(label || url)
  return h('a', { href: safe, target: '_blank', rel: 'noopener noreferrer' }, label || url)
}

export function drawMention(id, label, context) {
  const person = context?.people?.get(id)
  const self = id === context?.person
  return h('span', { class: self ? 'mention self' : 'mention' }, '@' + (person?.name ?? (label.replace(/^@/, '') || id)))
}

export function drawDate(seconds, format, url) {
  const shown = formatDate(seconds, format)
  const date = new Date(seconds * 1000)
  const time = h('time', { datetime: date.toISOString(), title: full(date) }, shown)
  return url ? h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, time) : time
}

export function drawEmoji(name, unicode) {
  const shown = emoji(name, unicode)
  if (!shown) return document.createTextNode(`:${name}:`)
  return h('span', { class: 'emoji', role: 'img', 'aria-label': name.replaceAll('_', ' ') }, shown)
}
