/**
 * Who writes events of a type: requests to API v2, to v3, or to either. Nobody's request, but Cloud Foundry itself
 * (Diego, the SSH proxy, a nightly job) writes those of 'the platform'.
 */
export type Writer = 'v2' | 'v3' | 'v2 and v3' | 'the platform'

/**
 * A type: what happened, in plain words; who writes it today; and whether it belongs to no org, so that a question about
 * one org never finds it (app/repositories/*_event_repository.rb of cloud_controller_ng).
 */
export type Entry = readonly [what: string, writer: Writer, reach?: 'no org']

/** Families of types: `family.action`. */
export type Families = Readonly<Record<string, Readonly<Record<string, Entry>>>>
