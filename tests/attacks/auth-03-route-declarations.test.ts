/** AUTH-03: no route without its controls. The live cells are in tests/control-matrix.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { dataRoutes, matchRoute } from '#gateway/routes.ts';

test('AUTH-03: every route declares every control, and only what says nothing of anybody is open', () => {
  assert.ok(dataRoutes.length >= 48);
  for (const route of dataRoutes) {
    for (const control of ['authn', 'permission', 'limits', 'guards', 'audit'] as const) {
      assert.equal(typeof route[control], 'string', `${route.path} lacks ${control}`);
    }
    const isOpen = route.authn === 'none';
    assert.equal(isOpen, ['liveness', 'resource-metadata'].includes(route.serves));
    if (route.serves === 'call') assert.equal(route.guards, 'request-and-reply');
  }
});

test('AUTH-03: an alias of a route carries the declaration of the route', () => {
  for (const prefix of ['/openai', '/anthropic']) {
    for (const route of dataRoutes.filter(({ path }) => path.startsWith('/v1'))) {
      const path = route.path.replace('{id}', 'x');
      const own = matchRoute(route.method, path);
      const alias = matchRoute(route.method, prefix + path);
      assert.ok(own.kind === 'found' && alias.kind === 'found');
      const { path: _own, ...declared } = own.route;
      const { path: _alias, ...aliased } = alias.route;
      assert.deepEqual(aliased, declared);
    }
  }
});
