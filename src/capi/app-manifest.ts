import { isAlias, isMap, isScalar, isSeq, Lexer, type Node, parseDocument } from 'yaml'
import { isHidden, isSecretName, redaction, redactUrls } from '../secrets.ts'

// The manifest of an `audit.app.apply_manifest` event is YAML, written by Cloud Controller for one application. It hides
// `env` and `cnb-credentials` in exactly this spelling (app_manifest_message.rb), and keeps keys that it does not know. So
// only values of known keys stay.

/** What stays: a scalar, a list of what stays, or a map of keys; `*` is any key, '' a scalar in place of the map. */
type Kept = 'scalar' | readonly [Kept] | { readonly [key: string]: Kept }

const sizes: Kept = {
  memory: 'scalar',
  disk_quota: 'scalar',
  instances: 'scalar',
  timeout: 'scalar',
  log_rate_limit_per_second: 'scalar',
  health_check_type: 'scalar',
  health_check_http_endpoint: 'scalar',
  health_check_invocation_timeout: 'scalar',
  health_check_interval: 'scalar',
  readiness_health_check_type: 'scalar',
  readiness_health_check_http_endpoint: 'scalar',
  readiness_health_check_invocation_timeout: 'scalar',
  readiness_health_check_interval: 'scalar',
}

const kept: Kept = {
  version: 'scalar',
  applications: [
    {
      ...sizes,
      name: 'scalar',
      stack: 'scalar',
      lifecycle: 'scalar',
      buildpack: 'scalar',
      buildpacks: ['scalar'],
      docker: { image: 'scalar', username: 'scalar' },
      routes: [{ route: 'scalar', protocol: 'scalar', options: { '*': 'scalar' } }],
      no_route: 'scalar',
      random_route: 'scalar',
      default_route: 'scalar',
      services: [{ '': 'scalar', name: 'scalar', binding_name: 'scalar' }],
      processes: [{ ...sizes, type: 'scalar', user: 'scalar' }],
      sidecars: [{ name: 'scalar', process_types: ['scalar'], memory: 'scalar' }],
      features: { '*': 'scalar' },
      metadata: { labels: { '*': 'scalar' }, annotations: { '*': 'scalar' } },
    },
  ],
}

/** A text without its secrets, and the number of redacted values. */
export interface Redacted {
  readonly text: string
  readonly values: number
}

/** Redacts a manifest and keeps the rest of its text byte for byte; undefined if that is not safe. */
export function redactManifest(manifest: string): Redacted | undefined {
  const changes = changesIn(manifest)
  if (changes === undefined) return undefined
  let text = ''
  let at = 0
  for (const [start, end, instead] of changes) {
    text += manifest.slice(at, start) + instead
    at = end
  }
  text += manifest.slice(at)
  // Parse the result, to be sure that it holds no more secrets.
  return changes.length > 0 && changesIn(text)?.length !== 0 ? undefined : { text, values: changes.length }
}

type Change = readonly [start: number, end: number, instead: string]

/** The changes to make, in the order of the text; undefined if they cannot be known for sure. */
function changesIn(manifest: string): Change[] | undefined {
  if (!isPlainYaml(manifest)) return undefined
  const { contents, errors } = parseDocument(manifest, { logLevel: 'error', prettyErrors: false })
  return errors.length > 0 ? undefined : changesOf(manifest, contents)
}

const maxDepth = 100

// Cloud Controller writes no comments and no directives, and its anchors are numbers: anything else could be a secret.
const odd = /^(?:[#%]|[&*](?!\d+$)|!(?![\w!:/]*$))/

function isPlainYaml(manifest: string): boolean {
  // Cloud Controller writes YAML 1.1, where these three end a line. To a parser of YAML 1.2 the text would go on.
  if (/[\u0085\u2028\u2029]/.test(manifest)) return false
  let indent = 0
  let brackets = 0
  for (const token of new Lexer().lex(manifest)) {
    if (odd.test(token)) return false
    if (token === '[' || token === '{') brackets++
    else if (token === ']' || token === '}') brackets--
    indent = /^(?: +|[-?:])$/.test(token) ? indent + token.length : 0
    // The parser recurses, and near the end of the stack V8 aborts when it compiles a regular expression.
    if (indent > maxDepth || brackets > maxDepth) return false
  }
  return true
}

function changesOf(manifest: string, contents: unknown): Change[] | undefined {
  const changes: Change[] = []
  let isCertain = true

  function change(node: Node, instead: string): void {
    if (!node.range) isCertain = false
    else {
      const [start, end] = node.range
      // A list may start in the column of its key, a scalar may not.
      const indent = isSeq(node) && !node.flow ? ' ' : ''
      // The range of a block includes its last line break.
      const length = manifest.slice(start, end).trimEnd().length
      changes.push([start, start + length, indent + JSON.stringify(instead)])
    }
  }

  function check(node: unknown, rule: Kept | undefined): void {
    // The value of an alias is redacted where it is defined.
    if (node === null || isAlias(node)) return
    if (isScalar(node)) {
      if (isHarmless(node.value)) return
      const isKept = rule === 'scalar' || (typeof rule === 'object' && Object.hasOwn(rule, ''))
      // A tagged scalar may be encoded, for example in base64.
      if (!isKept || node.tag !== undefined) change(node, redaction)
      else if (typeof node.value === 'string') {
        const safe = redactUrls(node.value)
        if (safe !== node.value) change(node, safe)
      }
    } else if (isSeq(node) && isList(rule)) for (const item of node.items) check(item, rule[0])
    else if (isMap(node) && typeof rule === 'object' && !isList(rule)) {
      for (const { key, value } of node.items) {
        if (isScalar(key)) check(value, ruleOf(rule, String(key.value)))
        else isCertain = false
      }
    } else if ((isSeq(node) || isMap(node)) && node.items.length > 0) change(node, redaction)
  }

  check(contents, kept)
  return isCertain ? changes : undefined
}

const isList = (rule: Kept | undefined): rule is readonly [Kept] => Array.isArray(rule)

function isHarmless(value: unknown): boolean {
  return value === null || typeof value === 'boolean' || (typeof value === 'string' && isHidden(value))
}

// Cloud Controller reads Disk-Quota as disk_quota.
function ruleOf(rules: { readonly [key: string]: Kept }, key: string): Kept | undefined {
  const name = key.toLowerCase().replaceAll('-', '_')
  if (name !== '' && Object.hasOwn(rules, name)) return rules[name]
  return isSecretName(key) ? undefined : rules['*']
}
