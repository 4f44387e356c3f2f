// Talks to the workspace: what happens there arrives as events, what a person
// does goes there as a POST.

// post sends what somebody did and returns the answer. An error's message is
// a sentence for people.
export async function post(action, body) {
  let answer
  try {
    answer = await fetch('do/' + action, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  } catch {
    throw new Error('The workspace can’t be reached. Is the demo still running?')
  }
  const said = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(said.error ?? `The workspace answered ${answer.status}.`)
  return said
}

export async function setup() {
  const answer = await fetch('setup')
  return answer.json()
}

// follow calls back for every event, and again from the start when the
// connection had to be made anew.
export function follow(handlers) {
  const source = new EventSource('events')
  source.addEventListener('open', () => handlers.connected(true))
  source.addEventListener('stage', (event) => handlers.stage(JSON.parse(event.data)))
  source.addEventListener('deeds', (event) => handlers.deeds(JSON.parse(event.data)))
  source.addEventListener('people', (event) => handlers.people(JSON.parse(event.data)))
  source.addEventListener('screen', (event) => handlers.screen(JSON.parse(event.data)))
  source.addEventListener('error', () => {
    handlers.connected(false)
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(handlers), 2000)
  })
}
