// Times in the reader's zone and language. Slack's date formats are templates
// such as "{date_short} at {time}"; anything else in them stays as written.

const day = 24 * 60 * 60 * 1000

const formats = {
  date_num: (d) => [d.getFullYear(), pad(d.getMonth() + 1), pad(d.getDate())].join('-'),
  date_slash: (d) => [d.getFullYear(), pad(d.getMonth() + 1), pad(d.getDate())].join('/'),
  date: (d) => show(d, { year: 'numeric', month: 'long', day: 'numeric' }),
  date_short: (d) => show(d, { year: 'numeric', month: 'short', day: 'numeric' }),
  date_long: (d) => show(d, { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }),
  date_long_full: (d) => show(d, { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }),
  time: (d) => show(d, { hour: 'numeric', minute: '2-digit' }),
  time_secs: (d) => show(d, { hour: 'numeric', minute: '2-digit', second: '2-digit' }),
  ago: (d) => ago(d.getTime() - Date.now()),
}

const pretty = { date_pretty: 'date', date_short_pretty: 'date_short', date_long_pretty: 'date_long', day_divider_pretty: 'date_long' }

// formatDate fills a template of Slack's for a time in Unix seconds.
export function formatDate(seconds, template) {
  const date = new Date(seconds * 1000)
  return template.replace(/\{([a-z_]+)\}/g, (whole, name) => {
    if (pretty[name]) return relativeDay(date) ?? formats[pretty[name]](date)
    return formats[name]?.(date) ?? whole
  })
}

// clock is the time beside a message, precise with its seconds; dayName the line between two days.
export const clock = (date) => formats.time(date)
export const precise = (date) => formats.time_secs(date)
export const full = (date) => show(date, { dateStyle: 'full', timeStyle: 'medium' })

export function dayName(date) {
  const name = relativeDay(date) ?? formats.date_long(date)
  return name[0].toUpperCase() + name.slice(1)
}

// tsDate reads the time out of a message's ts, "1700000000.000100".
export const tsDate = (ts) => new Date(Number.parseFloat(ts) * 1000)

function relativeDay(date) {
  const days = Math.round((midnight(date) - midnight(new Date())) / day)
  return { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[days]
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

function ago(milliseconds) {
  const minutes = Math.round(milliseconds / 60000)
  const [value, unit] = Math.abs(minutes) < 60 ? [minutes, 'minute']
    : Math.abs(minutes) < 1440 ? [Math.round(minutes / 60), 'hour'] : [Math.round(minutes / 1440), 'day']
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(value, unit)
}

const show = (date, options) => new Intl.DateTimeFormat(undefined, options).format(date)
const pad = (n) => String(n).padStart(2, '0')
