// Preloaded into Node.js to record the picture of the README: stops the clock at CLOCK_STOPS_AT, so that the picture is
// the same every day.
const stopped = Date.parse(process.env.CLOCK_STOPS_AT ?? '')

globalThis.Date = new Proxy(Date, {
  construct: (date, args) => Reflect.construct(date, args.length === 0 ? [stopped] : args),
  get: (date, key) => (key === 'now' ? () => stopped : Reflect.get(date, key)),
})
