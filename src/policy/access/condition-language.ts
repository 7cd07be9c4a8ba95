/**
 * CEL as conditions have it: what can be read, and which functions there are. The library brings more
 * (regular expressions that can run for seconds, `map`, `cel.bind`); `condition-check.ts` lets
 * nothing through that is not named here.
 */
import { Environment } from '@marcbachmann/cel-js';

import { CallFacts, FACT_LIST_MAX, FIELDS, PrincipalFacts, RequestFacts } from './facts.ts';
import { matchesGlob } from './glob.ts';
import { isInNetwork } from './networks.ts';

export const CONDITION_CHARS_MAX = 2_048;

/** Functions of one argument or two, and what one use of each costs. */
export const FUNCTIONS: ReadonlyMap<string, number> = new Map([
  ['has', 1],
  ['size', 32],
  ['timestamp', 8],
  ['inNetwork', 8],
]);

export const METHODS: ReadonlyMap<string, number> = new Map([
  ['startsWith', 2],
  ['endsWith', 2],
  ['contains', 16],
  ['glob', 16],
  ['size', 32],
]);

/** Each looks at every entry of a list. */
export const QUANTIFIERS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one']);

const typesOf = (fields: Readonly<Record<string, readonly [string, string]>>) =>
  Object.fromEntries(Object.entries(fields).map(([name, [type]]) => [name, type]));

function inNetwork(address: string, network: string): boolean {
  const isIn = isInNetwork(address, network);
  if (isIn === null) throw new TypeError('not an address');
  return isIn;
}

const SYNC = { async: false };

export const language = new Environment({
  limits: {
    maxAstNodes: 256,
    maxDepth: 32,
    maxListElements: FACT_LIST_MAX,
    maxMapEntries: 0,
    maxCallArguments: 4,
  },
})
  .registerType('Principal', { ctor: PrincipalFacts, fields: typesOf(FIELDS.principal) })
  .registerType('Call', { ctor: CallFacts, fields: typesOf(FIELDS.call) })
  .registerType('Request', { ctor: RequestFacts, fields: typesOf(FIELDS.request) })
  .registerVariable('principal', 'Principal')
  .registerVariable('call', 'Call')
  .registerVariable('request', 'Request')
  .registerFunction('inNetwork(string, string): bool', inNetwork, SYNC)
  .registerFunction(
    'string.glob(string): bool',
    (name: string, pattern: string) => matchesGlob(pattern, name),
    SYNC,
  );
