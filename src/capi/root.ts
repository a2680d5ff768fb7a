import { type Answer, type Ask, NotServed } from './ask.ts'
import { textAt, valueAt } from './event.ts'
import { createCutter } from './records.ts'

/** What an API says of itself to anybody (app/controllers/runtime/root_controller.rb). */
export interface Root {
  /** The version of API v3; '' when it does not say. */
  readonly v3: string
  /**
   * The version of API v2; undefined when it is not listed, and so switched off. Until October 2024 it was listed
   * where it was off, too.
   */
  readonly v2: string | undefined
}

/**
 * Asks the API which versions of itself there are. It answers without a login.
 * @throws NotServed when something else answers there.
 */
export function askRoot(ask: Ask): Promise<Answer<Root>> {
  return ask('/', readRoot)
}

function readRoot(body: Buffer): Root {
  const links = valueAt(jsonIn(body), 'links')
  const isListed = (name: string) => (valueAt(links, name) ?? undefined) !== undefined
  if (!isListed('cloud_controller_v3') && !isListed('cloud_controller_v2')) {
    throw new NotServed('something that lists no Cloud Controller', '')
  }
  const version = (name: string) => textAt(links, name, 'meta', 'version')
  return {
    v3: version('cloud_controller_v3'),
    v2: isListed('cloud_controller_v2') ? version('cloud_controller_v2') : undefined,
  }
}

function jsonIn(body: Buffer): unknown {
  try {
    const cutter = createCutter('first') // v6 and v7 print warnings behind the JSON.
    const document = [...cutter.push(body), ...cutter.end()].find(piece => 'envelope' in piece)
    return JSON.parse(document?.envelope ?? '')
  } catch {
    return undefined
  }
}
