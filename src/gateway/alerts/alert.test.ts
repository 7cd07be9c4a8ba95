import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Found } from '#policy/guards/evidence.ts';
import type { Guard } from '#policy/guards/guard.ts';
import type { GuardRule } from '#policy/guards/rule.ts';

import { alertEvent, alertOfDenial, alertOfFound } from './alert.ts';

const guard: Guard = { type: 'topics', detectors: [] };
const rule = (mode: GuardRule['mode']): GuardRule => ({
  name: 'house',
  guard,
  on: ['request'],
  mode,
  action: 'block',
  timeoutMs: 1,
  onFault: 'deny',
  tenants: null,
  models: null,
  roles: null,
  isOnDemand: false,
  positions: null,
  restoreTools: [],
  approvalMs: null,
});
const scene = { tenant: 'acme', requestId: 'req_1', key: 'k', model: 'demo' };
const found = (action: Found['action']): Found => ({
  action,
  category: action === 'unavailable' ? null : 'rival',
  position: 'user',
  count: 3,
});

test('what stopped a call is high, what changed it is medium, what changed nothing is low', () => {
  const table = [
    ['block', 'enforce', 'guard.finding', 'high'],
    ['unavailable', 'enforce', 'guard.unavailable', 'high'],
    ['redact', 'enforce', 'guard.finding', 'medium'],
    ['pseudonymise', 'enforce', 'guard.finding', 'medium'],
    ['alert', 'enforce', 'guard.finding', 'low'],
    ['block', 'observe', 'guard.finding', 'low'],
    ['unavailable', 'observe', 'guard.unavailable', 'low'],
  ] as const;
  for (const [action, mode, type, severity] of table) {
    const alert = alertOfFound(rule(mode), 'request', found(action), scene);
    assert.deepEqual([alert.type, alert.severity], [type, severity], `${action} ${mode}`);
  }
});

test('a tool that was offered and one that was called, and no other denial', () => {
  const offered = alertOfDenial({ reason: 'tool-forbidden', field: 'tools[0]' }, scene);
  const called = alertOfDenial({ reason: 'tool-forbidden' }, scene);
  assert.deepEqual([offered?.on, offered?.position], ['request', 'tool-definition']);
  assert.deepEqual([called?.on, called?.position], ['reply', 'tool-arguments']);
  assert.ok(!JSON.stringify(offered).includes('tools[0]'), 'a path is made of what a caller wrote');
  assert.equal(alertOfDenial({ reason: 'model-unknown' }, scene), null);
});

test('the body has these fields and no other: receivers are built on them', () => {
  const alert = alertOfFound(rule('enforce'), 'request', found('block'), scene);
  const { body } = alertEvent('alt_1', alert, 0, { windowMs: 60_000 });
  assert.deepEqual(JSON.parse(body), {
    type: 'guard.finding',
    id: 'alt_1',
    timestamp: '1970-01-01T00:00:00.000Z',
    data: {
      severity: 'high',
      ...scene,
      guard: 'house',
      guardType: 'topics',
      on: 'request',
      mode: 'enforce',
      action: 'block',
      category: 'rival',
      position: 'user',
      count: 3,
      approval: null,
      budget: null,
      percent: null,
      rules: null,
      isFollowUp: true,
      windowMs: 60_000,
    },
  });
});
