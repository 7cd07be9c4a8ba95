/**
 * An OpenTelemetry collector as strict as the protocol: OTLP 1.x over HTTP as JSON. Ids are hex of their
 * length, 64-bit integers are decimal strings, enumerations are numbers, and a member that the protocol
 * does not have is a problem. It can refuse, stall, ask to wait, and take a part of what it is sent.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';

export interface Value {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly startNano: bigint;
  readonly endNano: bigint;
  readonly isError: boolean;
  readonly attributes: Attributes;
}
export interface SeenPoint {
  readonly attributes: Attributes;
  readonly value: number;
  readonly count: number;
  readonly bounds: readonly number[];
  readonly buckets: readonly number[];
}
export interface SeenMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'sum' | 'gauge' | 'histogram';
  readonly points: readonly SeenPoint[];
}
export interface SeenLog {
  readonly event: string;
  readonly severity: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export interface Collector {
  readonly url: string;
  /** Null: it never answers. */
  reply: (path: string) => Reply | null;
  /** Every body that came, whatever was answered. */
  readonly bodies: { readonly path: string; readonly body: string; readonly headers: object }[];
  readonly problems: string[];
  readonly spans: SeenSpan[];
  readonly logs: SeenLog[];
  /** Of the latest request. */
  readonly metrics: Map<string, SeenMetric>;
  readonly resources: Attributes[];
  readonly close: () => Promise<void>;
}

type Json = Record<string, unknown>;

function object(value: unknown, required: readonly string[], optional: readonly string[]): Json {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), 'an object');
  const json = value as Json;
  for (const name of required) assert.ok(name in json, `${name} is missing`);
  for (const name of Object.keys(json)) {
    assert.ok(required.includes(name) || optional.includes(name), `${name} is not of the protocol`);
  }
  return json;
}

function list(value: unknown): readonly unknown[] {
  assert.ok(Array.isArray(value), 'an array');
  return value;
}

function int64(value: unknown): bigint {
  assert.equal(typeof value, 'string', 'a 64-bit integer is a string');
  assert.match(value as string, /^-?(?:0|[1-9][0-9]{0,18})$/u);
  return BigInt(value as string);
}

function nanos(value: unknown): bigint {
  const at = int64(value);
  // Of this century: seconds or milliseconds in their place are a usual mistake.
  assert.ok(at > 1_600_000_000n * 1_000_000_000n && at < 4_000_000_000n * 1_000_000_000n, 'a date');
  return at;
}

function id(value: unknown, digits: number): string {
  assert.match(String(value), new RegExp(`^[0-9a-f]{${digits}}$`, 'u'), 'an id is lower-case hex');
  assert.notEqual(value, '0'.repeat(digits));
  return String(value);
}

function attributes(value: unknown): Attributes {
  const all: Record<string, string | number | boolean> = {};
  for (const one of list(value)) {
    const { key, value: held } = object(one, ['key', 'value'], []);
    assert.ok(typeof key === 'string' && key !== '' && !(key in all), 'a key, once');
    const names = ['stringValue', 'intValue', 'doubleValue', 'boolValue'];
    const any = object(held, [], names) as Value;
    assert.equal(Object.keys(any).length, 1, 'one value');
    if (any.intValue !== undefined) int64(any.intValue);
    if (any.doubleValue !== undefined) assert.equal(typeof any.doubleValue, 'number');
    const number = any.intValue === undefined ? any.doubleValue : Number(any.intValue);
    const found = any.stringValue ?? any.boolValue ?? number;
    assert.ok(found !== undefined);
    all[key] = found;
  }
  return all;
}

function items(body: Json, [resources, scopes, name]: readonly [string, string, string]) {
  const [only, ...others] = list(object(body, [resources], [])[resources]);
  assert.deepEqual(others, []);
  const { resource, [scopes]: scoped } = object(only, ['resource', scopes], ['schemaUrl']);
  const known = attributes(object(resource, ['attributes'], [])['attributes']);
  const [scope, ...more] = list(scoped);
  assert.deepEqual(more, []);
  const inside = object(scope, ['scope', name, 'schemaUrl'], []);
  assert.match(String(inside['schemaUrl']), /^https:\/\/opentelemetry\.io\/schemas\/1\.\d+\.\d+$/u);
  object(inside['scope'], ['name', 'version'], []);
  return { resource: known, items: list(inside[name]) };
}

function span(value: unknown): SeenSpan {
  const at = object(
    value,
    [
      'traceId',
      'spanId',
      'name',
      'kind',
      'startTimeUnixNano',
      'endTimeUnixNano',
      'attributes',
      'flags',
    ],
    ['parentSpanId', 'traceState', 'status'],
  );
  const startNano = nanos(at['startTimeUnixNano']);
  const endNano = nanos(at['endTimeUnixNano']);
  assert.ok(endNano >= startNano, 'a span ends after it begins');
  assert.ok([1, 2, 3].includes(at['kind'] as number), 'kind is a number of the enumeration');
  assert.ok(typeof at['name'] === 'string' && at['name'] !== '');
  assert.ok(Number.isInteger(at['flags']) && ((at['flags'] as number) & 1) === 1);
  const status = at['status'] === undefined ? {} : object(at['status'], ['code'], ['message']);
  assert.ok([undefined, 1, 2].includes(status['code'] as number | undefined));
  return {
    traceId: id(at['traceId'], 32),
    spanId: id(at['spanId'], 16),
    parentSpanId: at['parentSpanId'] === undefined ? '' : id(at['parentSpanId'], 16),
    traceState: String(at['traceState'] ?? ''),
    flags: at['flags'] as number,
    name: at['name'],
    kind: at['kind'] as number,
    startNano,
    endNano,
    isError: status['code'] === 2,
    attributes: attributes(at['attributes']),
  };
}

function log(value: unknown): SeenLog {
  const at = object(
    value,
    [
      'timeUnixNano',
      'observedTimeUnixNano',
      'severityNumber',
      'severityText',
      'body',
      'attributes',
    ],
    ['traceId', 'spanId', 'flags', 'eventName'],
  );
  nanos(at['timeUnixNano']);
  nanos(at['observedTimeUnixNano']);
  const severity = at['severityNumber'] as number;
  assert.ok(Number.isInteger(severity) && severity >= 1 && severity <= 24);
  assert.match(String(at['severityText']), /^(?:INFO|WARN|ERROR)$/u);
  const { stringValue } = object(at['body'], ['stringValue'], []);
  return {
    event: String(stringValue),
    severity,
    traceId: at['traceId'] === undefined ? '' : id(at['traceId'], 32),
    spanId: at['spanId'] === undefined ? '' : id(at['spanId'], 16),
    attributes: attributes(at['attributes']),
  };
}

function point(value: unknown, kind: SeenMetric['kind']): SeenPoint {
  const times = kind === 'gauge' ? ['timeUnixNano'] : ['startTimeUnixNano', 'timeUnixNano'];
  if (kind !== 'histogram') {
    const at = object(value, ['attributes', ...times, 'asDouble'], []);
    for (const name of times) nanos(at[name]);
    assert.ok(Number.isFinite(at['asDouble']), 'a number');
    const number = at['asDouble'] as number;
    return {
      attributes: attributes(at['attributes']),
      value: number,
      count: 1,
      bounds: [],
      buckets: [],
    };
  }
  const at = object(
    value,
    ['attributes', ...times, 'count', 'sum', 'bucketCounts', 'explicitBounds'],
    [],
  );
  for (const name of times) nanos(at[name]);
  const buckets = list(at['bucketCounts']).map((one) => Number(int64(one)));
  const bounds = list(at['explicitBounds']) as number[];
  const count = Number(int64(at['count']));
  assert.equal(buckets.length, bounds.length + 1, 'one bucket more than bounds');
  assert.deepEqual(
    bounds,
    bounds.toSorted((a, b) => a - b),
  );
  assert.equal(
    buckets.reduce((sum, one) => sum + one, 0),
    count,
    'the count is of all buckets',
  );
  assert.ok(Number.isFinite(at['sum']));
  return {
    attributes: attributes(at['attributes']),
    value: at['sum'] as number,
    count,
    bounds,
    buckets,
  };
}

function metric(value: unknown): SeenMetric {
  const at = object(value, ['name', 'description', 'unit'], ['sum', 'gauge', 'histogram']);
  const kinds = (['sum', 'gauge', 'histogram'] as const).filter((name) => name in at);
  const [kind, ...others] = kinds;
  assert.ok(kind !== undefined && others.length === 0, 'one kind of data');
  const aggregated = kind === 'gauge' ? [] : ['aggregationTemporality'];
  const required = ['dataPoints', ...aggregated, ...(kind === 'sum' ? ['isMonotonic'] : [])];
  const data = object(at[kind], required, []);
  if (kind !== 'gauge') assert.equal(data['aggregationTemporality'], 2, 'cumulative');
  if (kind === 'sum') assert.equal(data['isMonotonic'], true);
  const points = list(data['dataPoints']).map((one) => point(one, kind));
  assert.ok(points.length > 0, 'a metric without points says nothing');
  const keys = points.map(({ attributes: of }) =>
    JSON.stringify(Object.entries(of).toSorted(([a], [b]) => a.localeCompare(b))),
  );
  assert.equal(new Set(keys).size, keys.length, 'one point for each set of attributes');
  return { name: String(at['name']), unit: String(at['unit']), kind, points };
}

export async function openCollector(): Promise<Collector> {
  const collector: Omit<Collector, 'url' | 'close'> = {
    reply: () => ({ status: 200, json: {} }),
    bodies: [],
    problems: [],
    spans: [],
    logs: [],
    metrics: new Map(),
    resources: [],
  };
  const take = (path: string, body: Json): void => {
    if (path === '/v1/traces') {
      const found = items(body, ['resourceSpans', 'scopeSpans', 'spans']);
      collector.resources.push(found.resource);
      collector.spans.push(...found.items.map(span));
    } else if (path === '/v1/logs') {
      const found = items(body, ['resourceLogs', 'scopeLogs', 'logRecords']);
      collector.resources.push(found.resource);
      collector.logs.push(...found.items.map(log));
    } else {
      assert.equal(path, '/v1/metrics');
      const found = items(body, ['resourceMetrics', 'scopeMetrics', 'metrics']);
      collector.resources.push(found.resource);
      const all = found.items.map(metric);
      assert.equal(new Set(all.map(({ name }) => name)).size, all.length, 'each metric once');
      collector.metrics.clear();
      for (const one of all) collector.metrics.set(one.name, one);
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const { url: path = '', headers, method } = request;
      const body = Buffer.concat(chunks).toString('utf8');
      collector.bodies.push({ path, body, headers });
      const reply = served.reply(path);
      if (reply === null) return;
      if (reply.status < 300) {
        try {
          assert.equal(method, 'POST');
          assert.equal(headers['content-type'], 'application/json');
          take(path, JSON.parse(body) as Json);
        } catch (thrown) {
          collector.problems.push(`${path}: ${thrown instanceof Error ? thrown.message : ''}`);
          return void response.writeHead(400).end('{}');
        }
      }
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
      response.end(JSON.stringify(reply.json ?? {}));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const served: Collector = Object.assign(collector, {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = new Promise((resolve) => void server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  });
  return served;
}
