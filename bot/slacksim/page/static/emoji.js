// The emoji that a work bot uses, by Slack's names. Any other is shown by its
// name, so that nothing is dropped.

const table = {
  white_check_mark: '✅', heavy_check_mark: '✔️', ballot_box_with_check: '☑️', x: '❌', no_entry: '⛔', no_entry_sign: '🚫',
  warning: '⚠️', rotating_light: '🚨', lock: '🔒', unlock: '🔓', key: '🔑', shield: '🛡️', eyes: '👀', eye: '👁️', bust_in_silhouette: '👤',
  busts_in_silhouette: '👥', performing_arts: '🎭', hourglass: '⌛', hourglass_flowing_sand: '⏳', stopwatch: '⏱️', alarm_clock: '⏰',
  clock1: '🕐', clock3: '🕒', bell: '🔔', no_bell: '🔕', speech_balloon: '💬', memo: '📝', pencil: '📝', pencil2: '✏️', mag: '🔍', link: '🔗',
  information_source: 'ℹ️', question: '❓', exclamation: '❗', bulb: '💡', tada: '🎉', wave: '👋', '+1': '👍', thumbsup: '👍', '-1': '👎', thumbsdown: '👎',
  raised_hand: '✋', hand: '✋', pray: '🙏', point_right: '👉', arrow_right: '➡️', arrow_up: '⬆️', repeat: '🔁', arrows_counterclockwise: '🔄',
  red_circle: '🔴', large_yellow_circle: '🟡', large_orange_circle: '🟠', large_green_circle: '🟢', large_blue_circle: '🔵', white_circle: '⚪', black_circle: '⚫',
  office: '🏢', house: '🏠', gear: '⚙️', hammer_and_wrench: '🛠️', calendar: '📅', chart_with_upwards_trend: '📈', bookmark: '🔖', label: '🏷️', star: '⭐', sparkles: '✨',
  fire: '🔥', zap: '⚡', boom: '💥', robot_face: '🤖', smile: '😄', slightly_smiling_face: '🙂', thinking_face: '🤔', scroll: '📜', page_facing_up: '📄', wastebasket: '🗑️',
  double_vertical_bar: '⏸️', arrow_forward: '▶️', stop_button: '⏹️', fast_forward: '⏩', phone: '☎️', telephone_receiver: '📞', pager: '📟', email: '📧', mailbox: '📫',
  heavy_minus_sign: '➖', heavy_plus_sign: '➕', sunny: '☀️', zzz: '💤', man_in_tuxedo: '🤵', cop: '👮', detective: '🕵️', sleuth_or_spy: '🕵️', ghost: '👻',
}

// emoji gives the character for a name; unicode is the "1f511" that rich text
// may carry. Nothing, where neither is known.
export function emoji(name, unicode) {
  if (unicode && /^[0-9a-f]{2,6}(-[0-9a-f]{2,6})*$/i.test(unicode)) {
    return String.fromCodePoint(...unicode.split('-').map((hex) => Number.parseInt(hex, 16)))
  }
  return Object.hasOwn(table, name) ? table[name] : undefined
}
