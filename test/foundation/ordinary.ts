/** Names as most of them are, for people who look at a sample rather than test with it. */
export const ordinaryNames = {
  people: ['ada', 'ben', 'chloe', 'dev', 'elena', 'farid', 'grace', 'hugo'].map(
    name => `${name}@example.gov`,
  ),
  things: ['search', 'mail-relay', 'reports', 'intake', 'billing', 'archive'],
} as const
