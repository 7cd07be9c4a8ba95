import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isJsonObject, type JsonValue } from '#stdx/json.ts';

import { openHouse } from './admin.contract.ts';
import { openApiDocument } from './openapi.ts';
import { problemTexts } from './problem.ts';
import { openRoutes } from './people/open-routes.ts';
import { adminRoutes } from './routes.ts';

const document = openApiDocument();

const at = (...path: readonly string[]): JsonValue | undefined => {
  let value: JsonValue | undefined = document;
  for (const name of path) value = isJsonObject(value) ? value[name] : undefined;
  return value;
};

test('the document has every route, with its permission, and nothing that is no route', () => {
  let count = 0;
  for (const { method, path, permission, status, body, audit } of adminRoutes) {
    const place = ['paths', path, method.toLowerCase()];
    assert.equal(at(...place, 'x-llmproxy-permission'), permission);
    assert.equal(at(...place, 'x-llmproxy-audit-action'), audit ?? undefined);
    assert.ok(isJsonObject(at(...place, 'responses', String(status))), path);
    assert.equal(isJsonObject(at(...place, 'requestBody')), body !== null);
    count += 1;
  }
  for (const { method, path } of openRoutes) {
    // Only these say that they need no credential.
    assert.deepEqual(at('paths', path, method.toLowerCase(), 'security'), []);
    count += 1;
  }
  for (const { method, path } of adminRoutes) {
    assert.equal(at('paths', path, method.toLowerCase(), 'security'), undefined);
  }
  const paths = at('paths');
  assert.ok(isJsonObject(paths));
  const operations = Object.values(paths).flatMap((each) => Object.keys(each ?? {}));
  assert.equal(operations.length, count);
});

test('operation ids are unique, and path parameters are those of the path', () => {
  const ids = adminRoutes.map(({ path, method }) =>
    at('paths', path, method.toLowerCase(), 'operationId'),
  );
  assert.equal(new Set(ids).size, adminRoutes.length);
  for (const { path, method } of adminRoutes) {
    const parameters = at('paths', path, method.toLowerCase(), 'parameters');
    assert.ok(Array.isArray(parameters));
    const named = parameters.filter((each) => isJsonObject(each) && each['in'] === 'path');
    assert.equal(named.length, path.split('{').length - 1, path);
  }
});

test('every reference in the document leads somewhere in it', () => {
  const references: string[] = [];
  JSON.stringify(document, (key, value: unknown) => {
    if (key === '$ref') references.push(String(value));
    return value;
  });
  assert.ok(references.length > 30);
  for (const reference of references) {
    assert.match(reference, /^#\//u);
    assert.notEqual(at(...reference.slice(2).split('/')), undefined, reference);
  }
});

test('bodies that the document describes are closed: what is not named is refused', () => {
  for (const { method, path, body } of adminRoutes) {
    if (body === null) continue;
    const place = [
      'paths',
      path,
      method.toLowerCase(),
      'requestBody',
      'content',
      'application/json',
    ];
    assert.equal(at(...place, 'schema', 'additionalProperties'), false, path);
  }
});

test('the document is served, says 3.1, and knows every problem', async (t) => {
  const house = await openHouse(t);
  const { status, body, text } = await house.ask('GET', '/admin/openapi.json');
  assert.equal(status, 200);
  assert.equal(body['openapi'], '3.1.0');
  for (const reason of Object.keys(problemTexts)) {
    assert.ok(text.includes(`urn:llmproxy:problem:${reason}`), reason);
  }
});
