// Loaded by Node.js ahead of what the picture of the README shows: it stops the clock at CLOCK_STOPS_AT, so that the same
// session looks the same on every day.
const stopped = Date.parse(process.env.CLOCK_STOPS_AT ?? '')

globalThis.Date = new Proxy(Date, {
  construct: (date, args) => Reflect.construct(date, args.length === 0 ? [stopped] : args),
  get: (date, key) => (key === 'now' ? () => stopped : Reflect.get(date, key)),
})
