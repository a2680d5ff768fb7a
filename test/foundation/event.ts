import type { StoredEvent } from './store.ts'

let made = 0

/** An event for a test that cares about one or two of its fields. */
export const event = (parts: Partial<StoredEvent> = {}): StoredEvent => ({
  guid: `event-${String(++made).padStart(6, '0')}`,
  type: 'audit.app.update',
  actor: 'actor-guid',
  actorType: 'user',
  actorName: 'mail@example.gov',
  actorUsername: 'user@example.gov',
  actee: 'app-guid',
  acteeType: 'app',
  acteeName: 'my-app',
  timestamp: '2026-08-01T10:00:00Z',
  metadata: {},
  spaceGuid: 'space-guid',
  orgGuid: 'org-guid',
  ...parts,
})
