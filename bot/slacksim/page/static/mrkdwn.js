// Slack's mrkdwn, read into a small tree of plain objects. Reading is pure and
// draws nothing (text.js draws), so that it can be tested without a browser.
//
// Kinds: text, bold, italic, strike, code, pre, quote, br, link, user, channel,
// group, broadcast, date, emoji. What isn't understood stays text.

const marks = { '*': 'bold', _: 'italic', '~': 'strike' }

// parse reads a whole text.
export function parse(source) {
  return splitFences(String(source ?? '')).flatMap((part) =>
    part.fence ? [{ kind: 'pre', text: unescape(plain(part.text)) }] : lines(part.text))
}

// unescape undoes Slack's three escapes, and no others.
export function unescape(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

function splitFences(source) {
  const parts = []
  let rest = source
  for (;;) {
    const open = rest.indexOf('```')
    const close = open < 0 ? -1 : rest.indexOf('```', open + 3)
    if (close < 0) break
    if (open > 0) parts.push({ text: rest.slice(0, open).replace(/\n$/, '') })
    parts.push({ fence: true, text: rest.slice(open + 3, close).replace(/^\n/, '').replace(/\n$/, '') })
    rest = rest.slice(close + 3).replace(/^\n/, '')
  }
  if (rest) parts.push({ text: rest })
  return parts
}

// plain is how a <…> reads where nothing is marked up, such as in code.
function plain(text) {
  return text.replace(/<([^<>\n]+)>/g, (_, inside) => inside.split('|').at(-1))
}

function lines(text) {
  const nodes = []
  for (const line of text.split('\n')) {
    const last = nodes.at(-1)
    const quoted = /^(?:&gt;|>)\s?(.*)$/s.exec(line)
    if (quoted) {
      if (last?.kind === 'quote') last.kids.push({ kind: 'br' }, ...inline(quoted[1]))
      else nodes.push({ kind: 'quote', kids: inline(quoted[1]) })
      continue
    }
    if (nodes.length > 0 && last.kind !== 'quote') nodes.push({ kind: 'br' })
    nodes.push(...(line === '' && nodes.length === 0 ? [{ kind: 'text', text: '' }] : inline(line)))
  }
  return nodes
}

// inline reads one line. The readers are tried in order at each position; each
// returns [node, length], or nothing.
function inline(line) {
  const nodes = []
  let at = 0
  while (at < line.length) {
    const hit = readAngle(line, at) ?? readCode(line, at) ?? readMark(line, at) ?? readEmoji(line, at) ?? readBareLink(line, at)
    if (hit) {
      nodes.push(hit[0])
      at += hit[1]
      continue
    }
    const last = nodes.at(-1)
    if (last?.kind === 'text' && last.open) last.text += line[at]
    else nodes.push({ kind: 'text', text: line[at], open: true })
    at++
  }
  return nodes.map((node) => (node.open ? { kind: 'text', text: unescape(node.text) } : node))
}

function readAngle(line, at) {
  if (line[at] !== '<') return undefined
  const end = line.indexOf('>', at)
  if (end < 0) return undefined
  const node = reference(line.slice(at + 1, end))
  return node ? [node, end - at + 1] : undefined
}

function reference(inside) {
  const bar = inside.indexOf('|')
  const head = bar < 0 ? inside : inside.slice(0, bar)
  const label = bar < 0 ? '' : unescape(inside.slice(bar + 1))
  if (/^@[UWB][A-Z0-9]+$/.test(head)) return { kind: 'user', id: head.slice(1), label }
  if (/^#[CGD][A-Z0-9]+$/.test(head)) return { kind: 'channel', id: head.slice(1), label }
  if (/^!subteam\^/.test(head)) return { kind: 'group', id: head.slice(9), label }
  if (/^!(here|channel|everyone)$/.test(head)) return { kind: 'broadcast', range: head.slice(1) }
  const date = /^!date\^(-?\d+)\^([^^]*)(?:\^(.*))?$/.exec(head)
  if (date) return { kind: 'date', at: Number(date[1]), format: unescape(date[2]), url: safeURL(date[3]), fallback: label }
  const url = safeURL(unescape(head))
  return url ? { kind: 'link', url, label: label || unescape(head).replace(/^mailto:/, '') } : undefined
}

// safeURL lets through what is safe to click, and nothing that runs.
export function safeURL(url) {
  return /^(https?:\/\/|mailto:|tel:)\S+$/i.test(url ?? '') ? url : ''
}

function readCode(line, at) {
  if (line[at] !== '`') return undefined
  const end = line.indexOf('`', at + 1)
  if (end < at + 2) return undefined
  return [{ kind: 'code', text: unescape(plain(line.slice(at + 1, end))) }, end - at + 1]
}

// readMark reads *bold*, _italic_ and ~strike~: a mark opens after a space or
// punctuation and closes before one, so that snake_case stays as it is.
function readMark(line, at) {
  const kind = marks[line[at]]
  if (!kind || isWord(line[at - 1]) || !line[at + 1] || /\s/.test(line[at + 1])) return undefined
  for (let end = line.indexOf(line[at], at + 1); end > 0; end = line.indexOf(line[at], end + 1)) {
    if (end === at + 1) return undefined
    if (/\s/.test(line[end - 1]) || isWord(line[end + 1]) || insideAngle(line, at, end)) continue
    return [{ kind, kids: inline(line.slice(at + 1, end)) }, end - at + 1]
  }
  return undefined
}

function insideAngle(line, from, at) {
  return line.lastIndexOf('<', at) > Math.max(from, line.lastIndexOf('>', at))
}

function isWord(char) {
  return char !== undefined && /[\p{L}\p{N}]/u.test(char)
}

function readEmoji(line, at) {
  if (line[at] !== ':') return undefined
  const found = /^:([a-z0-9_+-]{2,40}):/.exec(line.slice(at, at + 44))
  return found ? [{ kind: 'emoji', name: found[1] }, found[0].length] : undefined
}

function readBareLink(line, at) {
  if (line[at] !== 'h' || isWord(line[at - 1])) return undefined
  const found = /^https?:\/\/[^\s<>|]+[^\s<>|.,;:!?)\]}'"*_~]/.exec(line.slice(at))
  if (!found) return undefined
  const url = unescape(found[0])
  return [{ kind: 'link', url, label: url }, found[0].length]
}
