/** The parts of the configuration that the store may add to. */
export const SECTIONS = [
  'providers',
  'models',
  'guards',
  'limits',
  'budgets',
  'alerts',
  'issuers',
  'endUsers',
  'introspection',
  'sinks',
] as const;
export type Section = (typeof SECTIONS)[number];
