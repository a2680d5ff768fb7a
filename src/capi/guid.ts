// Cloud Controller and the UAA make GUIDs with SecureRandom.uuid and UUID.randomUUID: lower case, five groups.
const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The GUID that a text is, as Cloud Foundry writes it; undefined for any other text. */
export function asGuid(text: string): string | undefined {
  return shape.test(text) ? text.toLowerCase() : undefined
}
