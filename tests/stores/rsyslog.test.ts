/**
 * The real rsyslog of Debian at the other end of a syslog sink: over TLS in CEF and in JSON, through an
 * outage, nothing is lost and the order is kept. The long form (LLMPROXY_FULL) has 100,000 records and
 * an outage of a minute.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { Sink } from '#audit/sinks/sink.ts';
import { sinksSection } from '#config/sinks-section.ts';
import { openSink } from '#runtime/sinks/open-sink.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import { systemClock } from '#stdx/clock.ts';

import { openAuthority } from '../support/certificates.ts';
import { eventually, sleep } from '../support/programs.ts';
import { openTestRsyslog, type TestRsyslog } from '../support/rsyslog.ts';
import { until } from '../support/sink-contract.ts';
import { openSinkLog, runPump } from '../support/sink-log.ts';
import { IS_FULL } from '../support/streams.ts';

const [RECORDS, OUTAGE_MS] = IS_FULL ? [100_000, 60_000] : [10_000, 3_000];

function sinkTo(rsyslog: TestRsyslog, entry: object): Sink {
  const { port, caFile: ca } = rsyslog;
  const address = `tls://localhost:${port}`;
  const whole = { name: 'siem', type: 'syslog', address, ca, allowPrivateAddress: true, ...entry };
  const [section] = sinksSection.parse([whole]);
  assert.ok(section);
  return openSink(section, { clock: systemClock, custody: null, folders: [], instance: 'gw' });
}

/** RFC 5424, the whole of what we send; rsyslog has it as it came. */
const MESSAGE =
  /^<(?<pri>\d{1,3})>1 \S+Z \S+ llmproxy main (?:complete|system) \[meta sequenceId="(?<seq>\d+)"\]\[origin software="llmproxy"\] (?<text>.+)$/u;

function readMessage(line: string): { readonly seq: number; readonly text: string } {
  const { seq, text } = MESSAGE.exec(line)?.groups ?? {};
  assert.ok(seq !== undefined && text !== undefined, line);
  return { seq: Number(seq), text };
}

const seqOf = {
  cef: (text: string): number => Number(/ cn1=(?<seq>\d+) /u.exec(text)?.groups?.['seq']),
  json: (text: string): number => (JSON.parse(text) as { seq: number }).seq,
} as const;

const keysOf = (seqs: readonly number[]): string[] => [
  ...new Set(seqs.map((seq) => `main-${seq}`)),
];

describe('rsyslog over TLS', { concurrency: 4 }, () => {
  for (const format of ['cef', 'json'] as const) {
    test(`${format}: ${RECORDS} records, an outage of ${OUTAGE_MS} ms in between: none is lost`, async (t) => {
      const rsyslog = await openTestRsyslog('tls');
      const log = await openSinkLog();
      t.after(async () => {
        await log.close();
        await rsyslog.close();
      });
      await rsyslog.start();
      const run = await runPump(log, sinkTo(rsyslog, { format }), { timeoutMs: 10_000 });
      await log.append(RECORDS / 2);
      await until(() => (run.pump.status.taken.get('main') ?? 0) > RECORDS / 8, 30_000);
      // While records are on their way.
      await rsyslog.stop();
      await log.append(RECORDS / 2);
      await sleep(OUTAGE_MS);
      assert.equal(run.pump.status.state, 'waiting');
      await rsyslog.start();
      await run.caughtUp(60_000);
      await run.pump.close(500);
      await eventually(() => {
        const seqs = rsyslog.messages().map((line) => {
          const { seq, text } = readMessage(line);
          assert.equal(seqOf[format](text), seq);
          return seq;
        });
        assert.equal(keysOf(seqs).length, log.keys().length);
        assert.deepEqual(keysOf(seqs), log.keys());
        t.diagnostic(`${seqs.length - log.keys().length} of ${seqs.length} were copies`);
      });
    });
  }

  test('a receiver that is killed with records in its memory gets the last seconds again', async (t) => {
    const rsyslog = await openTestRsyslog('tls');
    const log = await openSinkLog();
    t.after(async () => {
      await log.close();
      await rsyslog.close();
    });
    await rsyslog.start();
    const run = await runPump(log, sinkTo(rsyslog, { format: 'json' }), { timeoutMs: 10_000 });
    await log.append(2_000);
    await until(() => (run.pump.status.taken.get('main') ?? 0) > 0, 30_000);
    await rsyslog.kill();
    await log.append(500);
    await until(() => run.failures.length > 0);
    // What it has certainly written is not known: the cursor for retention has not moved.
    assert.equal(run.pump.acknowledged.get('main') ?? 0, 0);
    await rsyslog.start();
    await run.caughtUp(30_000);
    await run.pump.close(500);
    await eventually(() => {
      const seqs = rsyslog.messages().flatMap((line) => MESSAGE.exec(line)?.groups?.['seq'] ?? []);
      assert.deepEqual(new Set(keysOf(seqs.map(Number))), new Set(log.keys()));
    });
  });

  test('a certificate of another authority, and one of another name, are refused', async (t) => {
    const rsyslog = await openTestRsyslog('tls');
    const other = openAuthority();
    t.after(async () => {
      other.remove();
      await rsyslog.close();
    });
    await rsyslog.start();
    const parcel = { kind: 'records', events: [] } as const;
    const cancellation = () => new Cancellation();
    await sinkTo(rsyslog, {}).send(parcel, cancellation());
    await assert.rejects(
      sinkTo(rsyslog, { ca: undefined }).send(parcel, cancellation()),
      /tls-failed/u,
    );
    const named = sinkTo(rsyslog, { address: `tls://127.0.0.2:${rsyslog.port}` });
    await assert.rejects(named.send(parcel, cancellation()), /tls-failed|unreachable/u);
    const confined = { allowPrivateAddress: false };
    await assert.rejects(
      sinkTo(rsyslog, confined).send(parcel, cancellation()),
      /address-refused/u,
    );
  });
});

for (const transport of ['tcp', 'udp'] as const) {
  test(`rsyslog over ${transport}: octet counting, and one datagram a record`, async (t) => {
    const rsyslog = await openTestRsyslog(transport);
    const log = await openSinkLog();
    t.after(async () => {
      await log.close();
      await rsyslog.close();
    });
    await rsyslog.start();
    const address = `${transport}://127.0.0.1:${rsyslog.port}`;
    const run = await runPump(log, sinkTo(rsyslog, { address, ca: undefined }));
    await log.append(300);
    await run.caughtUp();
    await run.pump.close(500);
    await eventually(() => {
      const seqs = rsyslog.messages().map((line) => readMessage(line).seq);
      assert.deepEqual(keysOf(seqs), log.keys());
    });
  });
}
