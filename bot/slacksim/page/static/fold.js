// Folds what lies over the panes where there is no room beside them: a tap
// elsewhere or Escape leaves it, as one leaves any menu. A window that is made
// narrow folds it too, and a wide one has it open.

import { roomy } from './width.js'

export function watchFolds() {
  document.addEventListener('pointerdown', (event) => fold((one) => !one.contains(event.target)))
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') fold(() => true) })
  roomy.addEventListener('change', () => {
    for (const one of document.querySelectorAll('.around details')) one.open = roomy.matches
  })
}

function fold(which) {
  if (roomy.matches) return
  for (const one of document.querySelectorAll('.around details[open]')) if (which(one)) one.open = false
}
