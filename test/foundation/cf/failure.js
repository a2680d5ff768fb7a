// @ts-check
import { TransportError } from './http.js'

/** What cf advises whoever has no connection. */
export const tip =
  '\nTIP: If you are behind a firewall and require an HTTP proxy, verify the https_proxy environment variable is correctly set. Else, check your network connection.'

/**
 * The reason for a request that had no answer, in the words of v8 and of v7's and v6's newer commands.
 * @param {unknown} error
 */
export const reasonOf = error => {
  const { message } = /** @type {Error} */ (error)
  if (!(error instanceof TransportError)) return message
  const url = /^certificate (.*)$/.exec(message)?.[1]
  if (url)
    return `Invalid SSL Cert for ${url}\nTIP: Use 'cf api --skip-ssl-validation' to continue with an insecure API endpoint`
  return `Request error: ${message}${tip}`
}
