// How much room there is: for two panes, and for what to try beside them.

export const wide = matchMedia('(min-width: 56rem)')
export const roomy = matchMedia('(min-width: 80rem)')
