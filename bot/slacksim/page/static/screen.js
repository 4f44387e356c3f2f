// Reads a screen as the workspace sends it into what a pane draws.

// readScreen gives one list of what the app and Slack said, in its order, and
// the modal on top.
export function readScreen(sent, app) {
  const messages = (sent.messages ?? []).map((message) => ({ ...message, from: app, app: true }))
  const notices = (sent.notices ?? []).map((notice) => ({ ...notice, from: 'Workspace', private: true }))
  return {
    messages: [...messages, ...notices].sort((a, b) => Number(a.ts) - Number(b.ts)),
    channels: (sent.channels ?? []).map((channel) => ({ ...channel, messages: channel.messages.map((message) => readPost(message, app)) })),
    modal: readModal((sent.modals ?? []).at(-1)),
    home: sent.home ?? undefined,
  }
}

// readPost says who wrote a message: by is a person's id.
function readPost(message, app) {
  return message.from ? { ...message, by: message.from, blocks: undefined } : { ...message, from: app, app: true }
}

function readModal(top) {
  if (!top) return undefined
  return { ...top.view, id: top.id, errors: top.errors ?? {}, busy: top.busy }
}
