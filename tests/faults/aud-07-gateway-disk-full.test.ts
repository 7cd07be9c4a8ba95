/**
 * AUD-07, the whole gateway: on a full disk nobody new is admitted, who was admitted gets an end,
 * nothing answered is lost, and it goes on without a restart. On a real tmpfs, where one may be mounted.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { verifyLog } from '#audit/verify.ts';

import { bearer, chat, get, openHouse, post } from '../support/house.ts';
import {
  aliasesYaml,
  eventsOf,
  openStream,
  quiet,
  saidOf,
  terminalRecords,
  until,
} from '../support/streams.ts';
import { chunked } from '../support/raw-upstream.ts';
import { answering, chunk, openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

/** The log holds 16 MiB of ballast, and takes it only where a quarter more is free. */
const DISK_MIB = 40;
/** What is left for the calls when the disk is filled. */
const LEFT_BYTES = 512 * 1_024;

test('AUD-07: a full disk under a running gateway', async (t) => {
  const mountPoint = mkdtempSync(join(tmpdir(), 'aud-07-gateway-'));
  const mounted = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${DISK_MIB}m`,
    'tmpfs',
    mountPoint,
  ]);
  if (mounted.status !== 0) {
    rmSync(mountPoint, { recursive: true });
    t.diagnostic('DID NOT RUN: a tmpfs may not be mounted here, so no real disk was filled');
    return;
  }
  const upstream = await openUpstream((seen, response, socket) => {
    if (seen.json['stream'] !== true) return answering('fine')(seen, response, socket);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('begun '));
    return undefined;
  });
  try {
    const dir = join(mountPoint, 'gateway');
    mkdirSync(dir);
    const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV, dir);
    try {
      const headers = bearer(await house.key());
      const url = `${house.url}/v1/chat/completions`;
      const acknowledged: string[] = [];
      const ask = async (): Promise<number> => {
        const { status, headers: sent, json } = await post(url, chat('x'), headers);
        if (status === 200) acknowledged.push(sent.get('x-request-id') ?? '');
        if (status === 503)
          assert.ok(
            ['audit_unavailable', 'audit_failed'].includes(
              (json['error'] as { code: string }).code,
            ),
          );
        return status;
      };
      assert.equal(await ask(), 200);
      await until(
        () => house.running.world.audit.status().state === 'ok',
        5_000,
        'it begins in order',
      );
      const stream = await openStream(url, chat('x', { stream: true }), headers);
      await until(() => stream.text().includes('begun'), 1_000, 'a call is in flight');

      const free = statfsSync(mountPoint);
      const filler = join(mountPoint, 'filler');
      writeFileSync(filler, Buffer.alloc(free.bavail * free.bsize - LEFT_BYTES, 1));
      let status = 200;
      for (let index = 0; status === 200 && index < 5_000; index += 1) status = await ask();
      assert.equal(status, 503, 'the disk became full');
      assert.ok(acknowledged.length > 10);
      for (let index = 0; index < 20; index += 1) {
        const startMs = performance.now();
        assert.equal(await ask(), 503);
        assert.ok(performance.now() - startMs < 1_000);
      }
      const asked = upstream.seen.length;
      await ask();
      assert.equal(upstream.seen.length, asked, 'no content leaves without a record');
      assert.equal((await get(`${house.url}/readyz`)).status, 503);
      assert.equal((await get(`${house.url}/livez`)).status, 200);

      // The call that was admitted before gets its end, and its record.
      upstream.sockets.forEach((socket) =>
        socket.write(chunked(`${chunk('and whole', 'stop')}data: [DONE]\n\n`)),
      );
      assert.equal(await Promise.race([stream.over, delay(3_000, 'late')]), 'end');
      const events = eventsOf(stream.text());
      assert.equal(saidOf(events), 'begun and whole');
      assert.equal(events.at(-1), '[DONE]');
      acknowledged.push(String(stream.headers['x-request-id']));
      assert.equal(
        verifyLog(join(dir, 'data', 'audit')).exit,
        0,
        'no torn record on the full disk',
      );

      unlinkSync(filler);
      const resumedMs = await until(
        () => house.running.world.audit.status().state === 'ok',
        5_000,
        'it takes calls again',
      );
      assert.equal(await ask(), 200);
      await quiet(house, 1_000);
      const records = await house.records();
      const ends = terminalRecords(records);
      assert.deepEqual(
        acknowledged.filter((id) => !ends.has(id)),
        [],
      );
      const told = records
        .map(({ action }) => action)
        .filter((action) => action?.startsWith('audit_') === true);
      assert.deepEqual(told, ['audit_degraded', 'audit_resumed']);
      assert.equal(verifyLog(join(dir, 'data', 'audit')).exit, 0);
      t.diagnostic(
        `${acknowledged.length} answered, 0 lost; calls again ${resumedMs.toFixed(0)} ms after there was room`,
      );
    } finally {
      await house.close();
    }
  } finally {
    await upstream.close();
    spawnSync('umount', [mountPoint]);
    rmSync(mountPoint, { recursive: true, force: true });
  }
});
