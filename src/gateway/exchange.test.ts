/** What a connection that breaks says of its call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Fault } from '#domain/fault.ts';
import { Cancellation } from '#stdx/cancellation.ts';

import { CUT, RETRYABLE } from './attempt-faults.ts';
import { Exchange } from './exchange.ts';

const CODES = ['ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETDOWN', 'ERR_SSL_BAD_RECORD_MAC', ''];

/** The fault of an exchange whose connection breaks, after its request was sent or before. */
function faultOf(code: string, isSent: boolean): Promise<Fault> {
  return new Promise((resolve) => {
    const timeouts = {
      connectMs: 10_000,
      firstByteMs: 10_000,
      interEventMs: 10_000,
      totalMs: 10_000,
      bytesPerSecondMin: 1,
    };
    const controller = { abort() {}, pause() {}, resume() {} };
    const exchange = new Exchange(
      { timeouts, isStreamed: false } as never,
      new Cancellation(),
      () => {},
      resolve as never,
    );
    if (isSent) exchange.onRequestStart(controller as never);
    exchange.onResponseError(controller as never, Object.assign(new Error('x'), { code }));
  });
}

test('a connection that dies behind a request that was sent may have been answered, and is paid for', async () => {
  for (const code of CODES) {
    const fault = await faultOf(code, true);
    assert.ok(CUT.has(fault.code), `${code}: ${fault.code}`);
    assert.ok(RETRYABLE.has(fault.code) && !fault.isUnsent, code);
  }
});

test('one that never stood costs nothing', async () => {
  for (const code of CODES) assert.ok((await faultOf(code, false)).isUnsent, code);
});
