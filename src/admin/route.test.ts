/** What must not compile; `tsc` reports an expected error that is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ok } from '#stdx/result.ts';

import { type Declaration, defineRoute } from './route.ts';
import { adminRoutes, matchAdminRoute } from './routes.ts';

const whole = {
  path: '/x/{id}',
  summary: 's',
  permission: 'keys.read',
  scope: 'tenant',
  query: null,
  status: 204,
  response: null,
} as const;
const read = { method: 'GET', audit: null, body: null, ifMatch: false } as const;
const write = { method: 'POST', audit: 'x.create', body: null, ifMatch: false } as const;

const { permission: _permission, ...withoutPermission } = whole;
const { audit: _audit, ...withoutAudit } = write;

test('a route without its permission or its audit action does not compile', () => {
  const right: readonly Declaration[] = [
    { ...whole, ...read },
    { ...whole, ...write },
  ];
  assert.equal(right.length, 2);
  const wrong: readonly Declaration[] = [
    // @ts-expect-error A route says who may use it.
    { ...withoutPermission, ...read },
    // @ts-expect-error A write says what the audit log calls it.
    { ...whole, ...withoutAudit },
    // @ts-expect-error A write has an audit action, not null.
    { ...whole, ...write, audit: null },
    // @ts-expect-error An answer with a body has a schema.
    { ...whole, ...read, status: 200 },
  ];
  assert.equal(wrong.length, 4);
});

test('a handler sees the parameters of its own path and no others', () => {
  const route = defineRoute({ ...whole, ...read }, async ({ params }) => {
    assert.equal(params.id, '1');
    // @ts-expect-error The path has no such place.
    assert.equal(params.name, undefined);
    return ok({ body: null });
  });
  assert.equal(route.path, '/x/{id}');
});

test('the route that a path matches is the one with that template', () => {
  for (const route of adminRoutes) {
    const path = route.path.replaceAll(/\{(\w+)\}/gu, '$1-1');
    const match = matchAdminRoute(route.method, path);
    assert.ok(match.kind === 'found' && match.route === route, path);
    for (const [name, value] of Object.entries(match.params)) assert.equal(value, `${name}-1`);
    assert.notEqual(matchAdminRoute(route.method, `${path}/`).kind, 'found');
  }
  assert.equal(matchAdminRoute('GET', '/admin/v1/users/%ff').kind, 'unknown');
});
