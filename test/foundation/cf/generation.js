// @ts-check

const commits = /** @type {Record<string, string>} */ ({
  '6.53.0': '8e2b70a4a.2020-09-30',
  '7.8.0': 'cb395bfe8.2025-02-27',
  '8.7.10': '5b7ce3c5f.2024-04-03',
  '8.14.1': '2bcb856ea.2025-06-10',
})

/** @typedef {ReturnType<typeof generationOf>} Generation */

/**
 * How a version of cf behaves.
 * @param {string} version as `cf version` prints it, such as 8.18.4; an unstamped build prints 0.0.0-unknown-version
 */
export const generationOf = version => {
  const [major = 8, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number)
  const stamped = /[+]|unknown/.test(version)
    ? version
    : `${version}+${commits[version] ?? '3fcd823a1.2026-06-29'}`
  return {
    version,
    stamped,
    /** v6 and v7: `curl` is the old implementation there, whatever the rest of v7 is. */
    legacy: major >= 6 && major < 8,
    v6: major === 6,
    /** Before 8.17 the body goes through Go's text/template, and `-i` panics without a response. */
    templates: major === 8 && minor < 17,
    /** The release after 8.18.4 prints what went wrong instead of an empty line. */
    speaksUp: major > 8 || (major === 8 && (minor > 18 || (minor === 18 && patch > 4))),
    /** Until 7.7.11 and 8.7.11 every start removed the temporary files of all processes. */
    removesTemporaries:
      (major === 8 && (minor < 7 || (minor === 7 && patch < 11))) ||
      (major === 7 && (minor < 7 || (minor === 7 && patch < 11))),
    /** A login file of another version is thrown away, and the user is logged out. */
    configVersion: major < 6 || (major === 6 && minor < 52) ? 3 : 4,
    /** How the newer commands call themselves, and how the old `curl` does. */
    agent: `cf/${stamped} (go1.26.8; amd64 linux)`,
    legacyAgent: `go-cli ${stamped} / linux`,
    /** Since 8.12 each process marks its requests with one trace id. */
    marksRequests: major > 8 || (major === 8 && minor >= 12),
  }
}
