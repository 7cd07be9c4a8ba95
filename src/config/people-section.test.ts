import assert from 'node:assert/strict';
import { test } from 'node:test';

import { oidcField, sessionsField } from './people-section.ts';

const base = {
  issuer: 'https://login.example.com',
  clientId: 'llmproxy',
  clientSecret: 'a secret of eight',
  publicUrl: 'https://gateway.example.com:8081',
  roles: [{ group: 'admins', role: 'platform-admin' }],
};

const pathsOf = (value: unknown): string[] => {
  const parsed = oidcField.safeParse(value);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
};

test('issuer and own address are https, and http only where a private issuer is allowed', () => {
  assert.deepEqual(pathsOf(base), []);
  const plain = { ...base, issuer: 'http://login.example.com', publicUrl: 'http://gateway:8081' };
  assert.deepEqual(pathsOf(plain), ['issuer', 'publicUrl']);
  assert.deepEqual(pathsOf({ ...plain, allowPrivateAddress: true }), []);
});

test('roles must be there, be known, and say of which group', () => {
  assert.deepEqual(pathsOf({ ...base, roles: [] }), ['roles']);
  assert.deepEqual(pathsOf({ ...base, roles: [{ role: 'viewer' }] }), ['roles.0.group']);
  assert.deepEqual(pathsOf({ ...base, roles: [{ group: 'g', role: 'root' }] }), ['roles.0.role']);
  const ofTenant = { group: 'g', role: 'tenant-admin' };
  assert.deepEqual(pathsOf({ ...base, roles: [ofTenant] }), ['roles.0.tenant']);
  assert.deepEqual(pathsOf({ ...base, roles: [{ ...ofTenant, tenant: 'acme' }] }), []);
  assert.deepEqual(pathsOf({ ...base, publicUrl: 'https://a.example/admin' }), ['publicUrl']);
  assert.deepEqual(pathsOf({ ...base, clientSecret: 'short' }), ['clientSecret']);
});

test('a session cannot be told to last for ever', () => {
  assert.ok(!sessionsField.safeParse({ absolute: '30d' }).success);
  assert.ok(!sessionsField.safeParse({ idle: '0s' }).success);
  assert.ok(sessionsField.safeParse({ idle: '15m', absolute: '8h' }).success);
});
