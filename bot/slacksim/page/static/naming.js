// How an element is called: by people, by screen readers and by the next redraw.

// describe gives an element its name: the label of its input block, or else
// a name of its own.
export function describe(context, name) {
  const { labelled } = context
  if (!labelled) return { 'aria-label': name }
  return {
    id: labelled.id, 'aria-describedby': labelled.described, 'aria-required': labelled.required ? 'true' : undefined,
    'aria-invalid': labelled.invalid ? 'true' : undefined,
  }
}

// actsAtOnce says whether a pick tells the app: anywhere but in an input block,
// and there if it dispatches actions.
export const actsAtOnce = (block, context) => !context.labelled || block.dispatch_action === true

export function keyOf(block, element, context) {
  return `${context.prefix}/${block.block_id}/${element.action_id ?? element.type}`
}
