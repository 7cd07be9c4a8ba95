/** AUTH-02: the route that policy sees is the route that is served, or there is none (400). */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { dataRoutes, matchRoute } from '#gateway/routes.ts';
import { canonicalTarget } from '#server/canonical-target.ts';

import { BASE, DEMO, openHouse } from '../support/house.ts';
import { raw, request } from '../support/raw.ts';

const MUTATIONS: readonly ((path: string) => string)[] = [
  (path) => `/${path}`,
  (path) => `//evil.example${path}`,
  (path) => `http://evil.example${path}`,
  (path) => path.replace('/v1', '/v1/.'),
  (path) => path.replace('/v1', '/x/../v1'),
  (path) => path.replaceAll('/', '\\'),
  (path) => path.replace('/v1/', '/v1%2f'),
  (path) => path.replace('/v1/', '/v1%5c'),
  (path) => path.replace('/v1/', '/v1%2F'),
  (path) => path.replace('/v1', '/%2e%2e/v1'),
  (path) => path.replace('/v1', '/v1%00'),
  (path) => `${path}%0d%0ax`,
  (path) => `${path}#`,
  (path) => `${path}/..`,
  (path) => `${path};x=1/..;/`,
  (path) => path.replace('v', '%76').replace('/v1/', '/v1//'),
  (path) => `${path}\u00a0`,
  (path) => `*${path}`,
  (path) => path.slice(1),
];

test('AUTH-02: over 2,000 mutated targets no two readings differ', () => {
  let refused = 0;
  let seen = 0;
  const check = (target: string): void => {
    seen += 1;
    const canonical = canonicalTarget(target);
    if (!canonical.ok) {
      refused += 1;
      return;
    }
    // What another parser makes of it is the same path, so the same route.
    const { pathname } = new URL(target, 'http://gateway.example');
    assert.equal(pathname, canonical.value.path);
    for (const method of ['GET', 'POST', 'HEAD']) {
      assert.deepEqual(matchRoute(method, pathname), matchRoute(method, canonical.value.path));
    }
  };
  for (const { path } of dataRoutes) {
    for (const once of MUTATIONS) {
      check(once(path));
      for (const twice of MUTATIONS) check(twice(once(path)));
    }
  }
  fc.assert(
    fc.property(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.string({ maxLength: 20 }),
      (url, tail) => {
        check(url);
        check(new URL(url).pathname + tail);
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(seen >= 2_000);
  assert.ok(refused > seen / 2);
});

test('AUTH-02: an encoded letter is another path, not the same one in disguise', () => {
  const canonical = canonicalTarget('/v1/chat/%63ompletions');
  assert.ok(canonical.ok);
  assert.equal(matchRoute('POST', canonical.value.path).kind, 'unknown');
});

test('AUTH-02: on the wire, such targets are 400 before anything is routed', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    for (const mutate of MUTATIONS) {
      const target = mutate('/v1/models');
      if (/\s|[^\x20-\x7e]/u.test(target)) continue;
      const answer = await raw(house.url, [request(target)]);
      // What has one reading only is another path, and there is nothing there.
      const expected = canonicalTarget(target).ok ? 404 : 400;
      assert.equal(answer.status, expected, `${target} ${answer.text.slice(0, 80)}`);
    }
    const duplicate = await raw(house.url, [
      'GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: evil.example\r\n\r\n',
    ]);
    assert.equal(duplicate.status, 400);
  } finally {
    await house.close();
  }
});
