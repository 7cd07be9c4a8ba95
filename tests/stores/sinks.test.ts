/** Every sink of records keeps the contract, against receivers that take their own format alone. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import type { Sink } from '#audit/sinks/sink.ts';
import { sinksSection, type SinkSection } from '#config/sinks-section.ts';
import { type KafkaOptions, KafkaSink } from '#runtime/sinks/kafka-sink.ts';
import { openSink } from '#runtime/sinks/open-sink.ts';
import { systemClock } from '#stdx/clock.ts';

import { webhookSecret } from '../support/alert-receiver.ts';
import { type ContractReceiver, sinkContract, until } from '../support/sink-contract.ts';
import { openSinkLog, runPump } from '../support/sink-log.ts';
import {
  elasticsearchWire,
  type Mode,
  openReceiver,
  otlpWire,
  splunkWire,
  type Wire,
  webhookWire,
} from '../support/sink-receivers.ts';

const HTTP_MODES: readonly Mode[] = ['refuse', 'stall', 'slow', 'lose-answers'];
const ports = { clock: systemClock, custody: null, folders: [], instance: 'gw' };

/** The ids of documents without the hash at their ends. */
const placesOf = (documents: ReadonlyMap<string, unknown>): string[] =>
  [...documents.keys()].map((id) => id.replace(/-[0-9a-f]{24}$/u, ''));

const section = (entry: object): SinkSection => {
  const [parsed] = sinksSection.parse([
    { name: 'siem', allowPrivateAddress: true, timeout: '2s', ...entry },
  ]);
  assert.ok(parsed);
  return parsed;
};

const overHttp = (wire: () => Wire, entry: (url: string) => object) => ({
  modes: HTTP_MODES,
  open: async () => {
    const receiver = await openReceiver(wire());
    return { receiver, sink: () => openSink(section(entry(receiver.url)), ports) };
  },
});

const token = randomBytes(16).toString('hex');
const secret = webhookSecret();

describe('splunk', { concurrency: 4 }, () => {
  sinkContract(
    'splunk',
    overHttp(
      () => splunkWire(token),
      (url) => ({ type: 'splunk', url, token }),
    ),
  );
});

describe('elasticsearch', { concurrency: 4 }, () => {
  const entry = (url: string) => ({ type: 'elasticsearch', url: `${url}/es`, apiKey: token });
  sinkContract(
    'elasticsearch',
    overHttp(() => elasticsearchWire({ apiKey: token }, new Map()), entry),
  );

  test('copies collapse: a document for each record, whatever was sent twice', async (t) => {
    const documents = new Map<string, unknown>();
    const receiver = await openReceiver(elasticsearchWire({ apiKey: token }, documents));
    const log = await openSinkLog();
    t.after(() => Promise.all([log.close(), receiver.close()]));
    await log.append(50);
    receiver.mode = 'lose-answers';
    const run = await runPump(log, openSink(section(entry(receiver.url)), ports));
    await until(() => run.failures.length >= 2);
    receiver.mode = 'accept';
    await run.caughtUp();
    await run.pump.close(500);
    assert.deepEqual(placesOf(documents), log.keys());
    assert.ok(receiver.taken.length > log.keys().length);
  });

  test('items that are to come later are sent again alone; one that is refused is passed over', async (t) => {
    const documents = new Map<string, unknown>();
    let isBusy = true;
    const itemStatus = (id: string): number | null => {
      if (id === 'main-7') return 400;
      return isBusy && id.endsWith('3') ? 429 : null;
    };
    const wire = elasticsearchWire({ apiKey: token, itemStatus }, documents);
    const receiver = await openReceiver(wire);
    const log = await openSinkLog();
    t.after(() => Promise.all([log.close(), receiver.close()]));
    await log.append(40);
    const run = await runPump(log, openSink(section(entry(receiver.url)), ports));
    await until(() => run.failures.length >= 2);
    isBusy = false;
    await run.caughtUp();
    await run.pump.close(500);
    const wanted = log.keys().filter((key) => key !== 'main-7');
    assert.deepEqual(placesOf(documents).toSorted(), wanted.toSorted());
    assert.deepEqual(run.refused, ['main-7']);
    assert.deepEqual(receiver.problems, []);
  });
});

describe('otlp', { concurrency: 4 }, () => {
  sinkContract(
    'otlp',
    overHttp(
      () => otlpWire,
      (url) => ({ type: 'otlp', url: `${url}/v1/logs` }),
    ),
  );

  test('a receiver that rejects one record is told from one that rejects all', async (t) => {
    let rejects = (_key: string): boolean => true;
    const receiver = await openReceiver((asked) => {
      const answer = otlpWire(asked);
      if (!answer.keys.some((key) => rejects(key))) return answer;
      return { ...answer, keys: [], json: { partialSuccess: { rejectedLogRecords: '1' } } };
    });
    const log = await openSinkLog();
    t.after(() => Promise.all([log.close(), receiver.close()]));
    await log.append(30);
    const entry = { type: 'otlp', url: `${receiver.url}/v1/logs` };
    const run = await runPump(log, openSink(section(entry), ports));
    await until(() => run.failures.length > 12);
    // It refuses everything: nothing is passed over, and it is waited for.
    assert.deepEqual([run.refused, run.pump.status.state], [[], 'refused']);
    assert.equal(run.pump.status.taken.get('main') ?? 0, 0);
    rejects = (key) => key === 'main-5';
    await run.caughtUp();
    await run.pump.close(500);
    assert.deepEqual(run.refused, ['main-5']);
    assert.deepEqual(
      receiver.taken.filter((key) => !key.startsWith('sink-test')),
      log.keys().filter((key) => key !== 'main-5'),
    );
  });
});

describe('webhook', { concurrency: 4 }, () => {
  sinkContract(
    'webhook',
    overHttp(
      () => webhookWire(secret),
      (url) => ({ type: 'webhook', url: `${url}/hook`, secret }),
    ),
  );
});

describe('file', { concurrency: 4 }, () => {
  const open = async () => {
    const folder = mkdtempSync(join(tmpdir(), 'llmproxy-file-sink-'));
    const path = join(folder, 'audit.log');
    const receiver: ContractReceiver = {
      mode: 'accept',
      get taken() {
        const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
        return lines.map((line) => {
          const { writer, seq } = JSON.parse(line) as { writer: string; seq: number };
          return `${writer}-${seq}`;
        });
      },
      problems: [],
      close: async () => rmSync(folder, { recursive: true }),
    };
    return { receiver, sink: () => openSink(fileSection(path), ports) };
  };
  const fileSection = (path: string): SinkSection => {
    const [parsed] = sinksSection.parse([{ name: 'siem', type: 'file', path }]);
    assert.ok(parsed);
    return parsed;
  };
  sinkContract('file', { open, modes: [] });

  test('rotates by size, keeps so many, and ends a half line before it writes the next', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'llmproxy-file-sink-'));
    const path = join(folder, 'audit.log');
    writeFileSync(path, '{"half":');
    const log = await openSinkLog();
    await log.append(500);
    const small = { ...fileSection(path), fileBytesMax: 40_000, filesMax: 3 } as SinkSection;
    const sink = openSink(small, ports);
    // Many small parcels, so that a rotation can come between them.
    Object.assign(sink, { recordsMax: 20 });
    const run = await runPump(log, sink);
    await run.caughtUp();
    await run.pump.close(500);
    assert.ok(existsSync(`${path}.1`) && existsSync(`${path}.2`) && !existsSync(`${path}.3`));
    const kept = [`${path}.2`, `${path}.1`, path].filter((one) => existsSync(one));
    const lines = kept.flatMap((one) => readFileSync(one, 'utf8').split('\n').slice(0, -1));
    const seqs = lines.map((line) => (JSON.parse(line) as { seq: number }).seq);
    assert.deepEqual(
      seqs,
      log
        .keys()
        .map((_, at) => at + 1)
        .slice(-seqs.length),
    );
    await log.close();
    rmSync(folder, { recursive: true });
  });
});

/** Against a fake of the package's interface: no broker runs here. */
describe('kafka, by a fake of kafkajs', { concurrency: 4 }, () => {
  const open = async () => {
    const taken: string[] = [];
    const problems: string[] = [];
    const receiver: ContractReceiver = {
      mode: 'accept',
      taken,
      problems,
      close: async () => {},
    };
    class Kafka {
      constructor(options: KafkaOptions) {
        if (options.ssl !== true || options.logLevel !== 0) problems.push('options');
      }
      producer(options: { idempotent: boolean; maxInFlightRequests: number }) {
        if (!options.idempotent || options.maxInFlightRequests !== 1) problems.push('producer');
        return {
          connect: async () => {},
          disconnect: async () => {},
          send: async (batch: {
            topic: string;
            acks: number;
            messages: readonly { key: string; value: string; headers: Record<string, string> }[];
          }) => {
            const { mode } = receiver;
            if (mode === 'refuse') throw Object.assign(new Error('x'), { name: 'KafkaJSError' });
            if (mode === 'stall') await new Promise(() => {});
            if (mode === 'slow') await new Promise((resolve) => setTimeout(resolve, 100));
            if (batch.topic !== 'audit' || batch.acks !== -1) problems.push('batch');
            for (const { key, value, headers } of batch.messages) {
              const record = JSON.parse(value) as { writer: string; seq: number };
              if (key !== record.writer) problems.push('a key that is not the writer');
              const known = new RegExp(`^${record.writer}-${record.seq}-[0-9a-f]{24}$`, 'u');
              if (!known.test(headers['key'] ?? '')) problems.push('header');
              taken.push(`${record.writer}-${record.seq}`);
            }
          },
        };
      }
    }
    const sink = (): Sink =>
      new KafkaSink({
        file: '/nowhere',
        options: { brokers: ['b:9092'], ssl: true, connectionTimeout: 1, requestTimeout: 1 },
        topic: 'audit',
        render: ({ record }) => JSON.stringify(record),
        load: () => Promise.resolve({ default: { Kafka } }),
      });
    return { receiver, sink };
  };
  sinkContract('kafka', { open, modes: ['refuse', 'stall', 'slow'] });

  test('without the package the configuration says what to install', () => {
    const entry = { name: 'bus', type: 'kafka', brokers: ['b.example:9093'], topic: 'audit' };
    const [parsed] = sinksSection.parse([entry]);
    assert.ok(parsed);
    const folders = [mkdtempSync(join(tmpdir(), 'llmproxy-kafka-'))];
    assert.throws(
      () => openSink(parsed, { clock: systemClock, custody: null, folders, instance: 'gw' }),
      /npm install .*kafkajs/u,
    );
  });
});
