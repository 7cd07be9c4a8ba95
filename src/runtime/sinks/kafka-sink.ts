/**
 * Records to a topic, with the writer as the key: a partition has one writer's records in their order.
 * The client (`kafkajs`) is the operator's to install beside the gateway; it is loaded when the first
 * parcel is sent. Acknowledged when all replicas in sync have it (`acks: -1`).
 */
import { createRequire } from 'node:module';

import { inTurns } from '#audit/sinks/in-turns.ts';
import { type Parcel, type Render, type Sink, SinkFault, sinkKey } from '#audit/sinks/sink.ts';

/** What is used of the package: its documented interface, version 2. */
export interface KafkaPackage {
  readonly Kafka: new (options: KafkaOptions) => {
    producer(options: ProducerOptions): KafkaProducer;
  };
}

export interface KafkaOptions {
  readonly clientId: string;
  readonly brokers: readonly string[];
  readonly ssl: boolean | { readonly ca: readonly string[] };
  readonly sasl?: {
    readonly mechanism: string;
    readonly username: string;
    readonly password: string;
  };
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly retry: { readonly retries: number };
  /** 0: nothing. Its lines could quote what we send. */
  readonly logLevel: number;
}

export interface ProducerOptions {
  readonly idempotent: boolean;
  readonly maxInFlightRequests: number;
}

export interface KafkaProducer {
  connect(): Promise<void>;
  send(batch: {
    readonly topic: string;
    readonly acks: number;
    readonly timeout: number;
    readonly messages: readonly {
      readonly key: string;
      readonly value: string;
      readonly headers: Readonly<Record<string, string>>;
    }[];
  }): Promise<unknown>;
  disconnect(): Promise<void>;
}

export interface KafkaSinkSettings {
  /** The file of the package. */
  readonly file: string;
  readonly options: Omit<KafkaOptions, 'clientId' | 'logLevel' | 'retry'>;
  readonly topic: string;
  readonly render: Render;
  readonly load?: (file: string) => Promise<unknown>;
}

export class KafkaSink implements Sink {
  readonly type = 'kafka';
  readonly takes = 'records';
  readonly recordsMax = 1_000;
  readonly bytesMax = 512 * 1_024;
  readonly lingerMs = 250;
  readonly settleMs = 0;
  readonly #settings: KafkaSinkSettings;
  #producer: KafkaProducer | null = null;

  constructor(settings: KafkaSinkSettings) {
    this.#settings = settings;
  }

  async send(parcel: Parcel): Promise<void> {
    if (parcel.kind === 'file') throw new SinkFault('refused');
    const { topic, render, options } = this.#settings;
    const messages = await inTurns(parcel.events, (event) => ({
      key: event.record.writer,
      value: render(event),
      headers: { key: sinkKey(event) },
    }));
    try {
      this.#producer ??= await this.#connected();
      await this.#producer.send({ topic, acks: -1, timeout: options.requestTimeout, messages });
    } catch (thrown) {
      // A producer that failed may have lost its place in the order: the next parcel has a new one.
      await this.close();
      throw new SinkFault(codeOf(thrown));
    }
  }

  async #connected(): Promise<KafkaProducer> {
    const { file, options, load = loadFile } = this.#settings;
    const found: unknown = await load(file);
    const { Kafka } = packageOf(found);
    // Retries are the pump's: two of them would multiply.
    const own = { clientId: 'llmproxy', logLevel: 0, retry: { retries: 0 } };
    const kafka = new Kafka({ ...options, ...own });
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return producer;
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    // A connection that does not end in peace ends with the process.
    await producer?.disconnect().catch(() => {});
  }
}

/** Inside the single binary `import` finds nothing outside of it; `require` does, also modules. */
const loadFile = (file: string): Promise<unknown> =>
  Promise.try((): unknown => createRequire(file)(file));

/** A CommonJS package is under `default` when it is imported. */
function packageOf(found: unknown): KafkaPackage {
  const isPackage = (value: unknown): value is KafkaPackage =>
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'Kafka') === 'function';
  if (isPackage(found)) return found;
  const inner: unknown =
    typeof found === 'object' && found !== null ? Reflect.get(found, 'default') : undefined;
  if (isPackage(inner)) return inner;
  throw new SinkFault('answer-invalid');
}

const NAMES: readonly (readonly [RegExp, SinkFault['code']])[] = [
  [/SASL|Authorization/u, 'unauthorized'],
  [/ConnectionError|BrokerNotFound/u, 'unreachable'],
  [/Timeout/u, 'late'],
];

/** By the names of its errors; its messages quote addresses. */
function codeOf(thrown: unknown): SinkFault['code'] {
  if (thrown instanceof SinkFault) return thrown.code;
  const name = thrown instanceof Error ? thrown.name : '';
  const type = thrown instanceof Error && 'type' in thrown ? String(thrown.type) : '';
  if (type === 'MESSAGE_TOO_LARGE') return 'too-large';
  return NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? 'overloaded';
}
