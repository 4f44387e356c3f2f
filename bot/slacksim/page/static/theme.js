// Light or dark: as the system says, until somebody chooses.

import { h } from './dom.js'

const system = matchMedia('(prefers-color-scheme: dark)')
const kept = 'understudy-theme'

// wear puts on what was chosen before, if anything was.
export function wear() {
  const theme = localStorage.getItem(kept)
  if (theme) document.documentElement.dataset.theme = theme
}

export function drawTheme(redraw) {
  const dark = (document.documentElement.dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark'
  const turn = () => {
    document.documentElement.dataset.theme = dark ? 'light' : 'dark'
    localStorage.setItem(kept, document.documentElement.dataset.theme)
    redraw()
  }
  return h('button', { type: 'button', class: 'button small', on: { click: turn } }, dark ? 'Light' : 'Dark')
}
