/**
 * The data plane's routes. A route cannot be written down without saying how it authenticates, what
 * it permits, what limits, guards and records apply: there is no default to forget.
 */
import type { Action } from '#domain/action.ts';
import type { DialectName } from '#domain/call.ts';

export interface Route {
  /** For records and metrics; never the path, which holds what callers wrote. */
  readonly name: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly path: string;
  /** The shape of errors, and for calls the dialect of the body. */
  readonly dialect: DialectName;
  readonly authn: 'credential' | 'none';
  readonly permission: Action | 'own-decisions' | 'own-runs' | 'none';
  readonly limits: 'all' | 'requests' | 'none';
  readonly guards: 'request-and-reply' | 'no-content';
  readonly audit: 'admit-and-complete' | 'complete' | 'none';
  readonly serves:
    | 'call'
    | 'models'
    | 'model'
    | 'decision'
    | 'run-mint'
    | 'run'
    | 'run-end'
    | 'liveness'
    | 'resource-metadata'
    | 'token';
}

type Declared = Omit<Route, 'path' | 'name'>;

const call = (dialect: DialectName, permission: Action): Declared => ({
  method: 'POST',
  dialect,
  authn: 'credential',
  permission,
  limits: 'all',
  guards: 'request-and-reply',
  audit: 'admit-and-complete',
  serves: 'call',
});

const read = (
  serves: 'models' | 'model' | 'decision',
  permission: Route['permission'],
): Declared => ({
  method: 'GET',
  dialect: 'openai-chat',
  authn: 'credential',
  permission,
  limits: 'requests',
  guards: 'no-content',
  audit: 'complete',
  serves,
});

/** Of runs that the caller has minted, or is. What a run may do is decided at each of its calls. */
const run = (
  method: 'GET' | 'POST' | 'DELETE',
  serves: 'run-mint' | 'run' | 'run-end',
): Declared => ({
  method,
  dialect: 'openai-chat',
  authn: 'credential',
  permission: 'own-runs',
  limits: 'requests',
  guards: 'no-content',
  audit: 'complete',
  serves,
});

/** Says that something listens, and nothing about it. Clients ask before they have a credential. */
const liveness: Declared = {
  method: 'HEAD',
  dialect: 'openai-chat',
  authn: 'none',
  permission: 'none',
  limits: 'none',
  guards: 'no-content',
  audit: 'none',
  serves: 'liveness',
};

/** Says where tokens come from (RFC 9728). Clients ask before they have one. */
const metadata: Declared = { ...liveness, method: 'GET', serves: 'resource-metadata' };

/** Its credential stands in the form or the header, as OAuth wants it; what it gives is in the log. */
const token: Declared = {
  ...read('models', 'none'),
  method: 'POST',
  serves: 'token',
};

const DECLARED: readonly (Declared & { readonly name: string; readonly path: string })[] = [
  { name: 'chat-completions', path: '/v1/chat/completions', ...call('openai-chat', 'chat') },
  { name: 'responses', path: '/v1/responses', ...call('openai-responses', 'chat') },
  { name: 'embeddings', path: '/v1/embeddings', ...call('openai-embeddings', 'embeddings') },
  { name: 'messages', path: '/v1/messages', ...call('anthropic-messages', 'chat') },
  {
    name: 'count-tokens',
    path: '/v1/messages/count_tokens',
    ...call('anthropic-messages', 'count-tokens'),
  },
  { name: 'models', path: '/v1/models', ...read('models', 'models') },
  { name: 'model', path: '/v1/models/{id}', ...read('model', 'models') },
  { name: 'decision', path: '/v1/decisions/{id}', ...read('decision', 'own-decisions') },
  { name: 'run-mint', path: '/v1/runs', ...run('POST', 'run-mint') },
  { name: 'run', path: '/v1/runs/{id}', ...run('GET', 'run') },
  { name: 'run-end', path: '/v1/runs/{id}', ...run('DELETE', 'run-end') },
  { name: 'liveness', path: '/', ...liveness },
  {
    name: 'resource-metadata',
    path: '/.well-known/oauth-protected-resource',
    ...metadata,
  },
  {
    name: 'server-metadata',
    path: '/.well-known/oauth-authorization-server',
    ...metadata,
  },
  { name: 'jwks', path: '/.well-known/jwks.json', ...metadata },
  { name: 'token', path: '/oauth/token', ...token },
];

/** SDKs that are given a base URL per vendor find the same routes there. */
const PREFIXES = ['', '/openai', '/anthropic'];

export const dataRoutes: readonly Route[] = PREFIXES.flatMap((prefix) =>
  DECLARED.map((route) => ({ ...route, path: prefix + route.path })),
);

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: Route; readonly id: string | null }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wrong-method' };

const exact = new Map<string, Route[]>();
const withId = new Map<string, Route[]>();
for (const route of dataRoutes) {
  const isWithId = route.path.endsWith('/{id}');
  const table = isWithId ? withId : exact;
  const key = isWithId ? route.path.slice(0, -'{id}'.length) : route.path;
  table.set(key, [...(table.get(key) ?? []), route]);
}
for (const prefix of PREFIXES.slice(1)) exact.set(prefix, exact.get(`${prefix}/`) ?? []);

/** By the canonical path alone. The route object that is returned is the one whose policy applies. */
export function matchRoute(method: string, path: string): RouteMatch {
  const slash = path.lastIndexOf('/') + 1;
  const routes = exact.get(path) ?? withId.get(path.slice(0, slash)) ?? [];
  const id = exact.has(path) ? null : path.slice(slash);
  if (routes.length === 0 || id === '') return { kind: 'unknown' };
  const route = routes.find((candidate) => candidate.method === method);
  return route === undefined ? { kind: 'wrong-method' } : { kind: 'found', route, id };
}
