import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';

import { OpenStreams, STREAMS_MAX, STREAMS_PER_TENANT_MAX } from './open-streams.ts';

test('one tenant does not take the places of all others, and places are given back', () => {
  const streams = new OpenStreams();
  const opened: EventEmitter[] = [];
  const open = (tenant: string | null): boolean => {
    const response = new EventEmitter();
    opened.push(response);
    // What is asked of a response here is what every emitter of events has.
    return streams.take(response as unknown as Pick<ServerResponse, 'on'>, tenant);
  };
  for (let count = 0; count < STREAMS_PER_TENANT_MAX; count += 1) assert.ok(open('acme'));
  assert.equal(open('acme'), false);
  for (let count = STREAMS_PER_TENANT_MAX; count < STREAMS_MAX; count += 1) assert.ok(open(null));
  assert.equal(open('other'), false);
  opened[0]?.emit('close');
  assert.equal(open('other'), true);
});
