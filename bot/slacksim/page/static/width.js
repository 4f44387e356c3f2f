// How much room there is: for two panes, and for what to try beside them. And
// whether fingers point: the focus in a field brings up a keyboard over half of it.

export const wide = matchMedia('(min-width: 56rem)')
export const roomy = matchMedia('(min-width: 80rem)')
export const fingers = matchMedia('(pointer: coarse)')
