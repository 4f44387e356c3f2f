// How the page is drawn: build the whole pane anew from what the workspace
// says, then patch the old tree into the new one. What a person is doing in
// between (focus, the caret, half a sentence, an open list) belongs to elements
// and survives, because an element with the same key is kept.
//
// Text reaches the page as text nodes only. Nothing is ever parsed as HTML.

// h makes an element. Props: `on` holds listeners by event name, `key` names the
// element among its siblings, `island` says that its children look after
// themselves, `start` is the value a field begins with; the rest are attributes.
export function h(tag, props, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(props ?? {})) set(node, name, value)
  append(node, children)
  return node
}

function set(node, name, value) {
  if (name === 'on') listen(node, value)
  else if (name === 'key') node.understudyKey = value
  else if (name === 'island') node.understudyIsland = value
  else if (name === 'start') begin(node, value)
  else if (value === true) node.setAttribute(name, '')
  else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value)
}

function begin(node, value) {
  if (typeof value === 'boolean') node.checked = value
  else if (value !== undefined && value !== null) node.value = value
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue
    node.append(child instanceof Node ? child : document.createTextNode(String(child)))
  }
}

// listen goes through one table per element, so that a patch can swap what a
// listener does without removing and adding it.
function listen(node, handlers) {
  node.understudyOn = handlers
  for (const type of Object.keys(handlers)) node.addEventListener(type, dispatch)
}

function dispatch(event) {
  event.currentTarget.understudyOn?.[event.type]?.(event)
}

// patch makes node show what next shows and returns the one that is on the page.
export function patch(node, next) {
  if (!same(node, next)) {
    node.replaceWith(next)
    return next
  }
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== next.data) node.data = next.data
    return node
  }
  patchAttributes(node, next)
  patchListeners(node, next)
  if (next.understudyIsland) node.understudyRenew?.(next)
  else patchChildren(node, [...next.childNodes])
  return node
}

function same(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && a.understudyKey === b.understudyKey
}

// What a person has folded out or made larger stays as they left it.
const theirs = new Set(['open', 'style'])

function patchAttributes(node, next) {
  for (const { name } of [...node.attributes]) {
    if (!next.hasAttribute(name)) change(node, name, null)
  }
  for (const { name, value } of next.attributes) {
    if (node.getAttribute(name) !== value) change(node, name, value)
  }
}

// change also sets what is checked: once a person has touched a radio button,
// its attribute alone says nothing.
function change(node, name, value) {
  if (theirs.has(name)) return
  if (value === null) node.removeAttribute(name)
  else node.setAttribute(name, value)
  if (name === 'checked' || name === 'selected') node[name] = value !== null
}

function patchListeners(node, next) {
  const before = node.understudyOn ?? {}
  const after = next.understudyOn ?? {}
  for (const type of Object.keys(after)) {
    if (!(type in before)) node.addEventListener(type, dispatch)
  }
  node.understudyOn = after
}

function patchChildren(node, wanted) {
  const keyed = new Map()
  for (const child of node.childNodes) {
    if (child.understudyKey !== undefined) keyed.set(child.understudyKey, child)
  }
  let at = node.firstChild
  for (const next of wanted) {
    const old = next.understudyKey === undefined ? unkeyed(at) : keyed.get(next.understudyKey)
    if (!old || !same(old, next)) {
      node.insertBefore(next, at)
      continue
    }
    if (old === at) at = at.nextSibling
    else node.insertBefore(old, at)
    patch(old, next)
  }
  while (at) {
    const rest = at.nextSibling
    at.remove()
    at = rest
  }
}

function unkeyed(node) {
  return node && node.understudyKey === undefined ? node : null
}
