/**
 * Receivers of audit records as their owners would write them: each reads its own wire format and takes
 * nothing that is not exactly it. All can refuse, stall, answer slowly, and take a parcel without the
 * answer reaching us.
 */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';

import { Webhook } from 'standardwebhooks';

export type Mode = 'accept' | 'refuse' | 'stall' | 'slow' | 'lose-answers';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Answered {
  readonly status: number;
  readonly json: unknown;
  /** Keys that were taken, in their order; those that were known already are among them. */
  readonly keys: readonly string[];
}

export type Wire = (asked: Asked) => Answered;

export interface SinkReceiver {
  readonly url: string;
  mode: Mode;
  /** Everything that was taken, copies too. */
  readonly taken: string[];
  /** What was not as the format says. A test asserts that it is empty. */
  readonly problems: string[];
  readonly requests: () => number;
  close(): Promise<void>;
}

const SLOW_MS = 100;

export async function openReceiver(wire: Wire): Promise<SinkReceiver> {
  const taken: string[] = [];
  const problems: string[] = [];
  let requests = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      requests += 1;
      const { mode } = receiver;
      if (mode === 'stall') return;
      if (mode === 'refuse') return void response.writeHead(503).end('busy');
      const { method = '', url: path = '', headers } = request;
      let answered: Answered;
      try {
        answered = wire({ method, path, headers, body: Buffer.concat(chunks) });
      } catch (thrown) {
        problems.push(thrown instanceof Error ? thrown.message : 'unknown');
        return void response.writeHead(400).end('{}');
      }
      taken.push(...answered.keys);
      if (mode === 'lose-answers') return void request.socket.destroy();
      const answer = (): void => {
        response.writeHead(answered.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answered.json));
      };
      if (mode === 'slow') setTimeout(answer, SLOW_MS);
      else answer();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const receiver: SinkReceiver = {
    url: `http://127.0.0.1:${address.port}`,
    mode: 'accept',
    taken,
    problems,
    requests: () => requests,
    async close() {
      const closed = new Promise((resolve) => void server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return receiver;
}

interface Keyed {
  readonly writer: string;
  readonly seq: number;
}
const keyOf = ({ writer, seq }: Keyed): string => {
  assert.match(writer, /^[a-z-]+$/u);
  assert.ok(Number.isSafeInteger(seq) && seq > 0);
  return `${writer}-${seq}`;
};

/** What a receiver reads is checked by its reader; the types say what it looks for. */
interface HecEvent {
  readonly time: number;
  readonly host: string;
  readonly source: string;
  readonly sourcetype: string;
  readonly event: Keyed & { readonly at: string };
  readonly fields: Keyed;
}

interface EcsDocument {
  readonly '@timestamp': string;
  readonly event: { readonly id: string; readonly sequence: number; readonly hash: string };
  readonly llmproxy: { readonly writer: string };
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string };
}
interface OtlpRecord {
  readonly timeUnixNano: string;
  readonly severityNumber: number;
  readonly body: { readonly stringValue: string };
  readonly attributes: readonly Attribute[];
}
interface OtlpRequest {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeLogs: readonly { readonly logRecords: readonly OtlpRecord[] }[];
  }[];
}

/** HTTP Event Collector, with indexer acknowledgement: what is asked for twice is indexed. */
export function splunkWire(token: string): Wire {
  let acks = 0;
  const asked = new Map<number, number>();
  return ({ method, path, headers, body }) => {
    assert.equal(method, 'POST');
    assert.equal(headers.authorization, `Splunk ${token}`);
    assert.match(String(headers['x-splunk-request-channel']), /^[0-9a-f-]{36}$/u);
    if (path.startsWith('/services/collector/ack?channel=')) {
      const ids = (JSON.parse(body.toString()) as { acks: number[] }).acks;
      const states = ids.map((id) => {
        asked.set(id, (asked.get(id) ?? 0) + 1);
        return [id, (asked.get(id) ?? 0) > 1];
      });
      return { status: 200, json: { acks: Object.fromEntries(states) }, keys: [] };
    }
    assert.equal(path, '/services/collector/event');
    const keys = body
      .toString('utf8')
      .split('\n')
      .map((line) => {
        const { time, host, source, sourcetype, event, fields } = JSON.parse(line) as HecEvent;
        assert.ok(Math.abs(time - Date.parse(event.at) / 1_000) < 1e-3);
        assert.ok(host.length > 0);
        assert.deepEqual([source, sourcetype], ['llmproxy', 'llmproxy:audit']);
        assert.equal(keyOf(event), keyOf(fields));
        return keyOf(event);
      });
    acks += 1;
    return { status: 200, json: { text: 'Success', code: 0, ackId: acks }, keys };
  };
}

export interface BulkOptions {
  readonly apiKey: string;
  /** A status for an item that is not simply created. */
  readonly itemStatus?: (id: string) => number | null;
}

/** `_bulk`: a document has one id, and creating it twice is a conflict. */
export function elasticsearchWire(
  { apiKey, itemStatus = () => null }: BulkOptions,
  documents: Map<string, unknown>,
): Wire {
  return ({ method, path, headers, body }) => {
    assert.deepEqual([method, path], ['POST', '/es/_bulk']);
    assert.equal(headers['content-type'], 'application/x-ndjson');
    assert.equal(headers.authorization, `ApiKey ${apiKey}`);
    const text = body.toString('utf8');
    assert.ok(text.endsWith('\n'), 'the last line of a bulk request ends with a newline');
    const lines = text.slice(0, -1).split('\n');
    assert.equal(lines.length % 2, 0);
    const keys: string[] = [];
    const items = [];
    for (let at = 0; at < lines.length; at += 2) {
      const { create } = JSON.parse(lines[at] ?? '') as { create: { _index: string; _id: string } };
      const document = JSON.parse(lines[at + 1] ?? '') as EcsDocument;
      assert.equal(create._index, 'llmproxy-audit');
      const place = `${document.llmproxy.writer}-${document.event.sequence}`;
      assert.equal(create._id, `${place}-${document.event.hash.slice(0, 24)}`);
      assert.equal(create._id, document.event.id);
      assert.ok(!Number.isNaN(Date.parse(document['@timestamp'])));
      const status = itemStatus(place) ?? (documents.has(create._id) ? 409 : 201);
      if (status === 201) documents.set(create._id, document);
      if (status === 201 || status === 409) keys.push(place);
      items.push({ create: { _index: create._index, _id: create._id, status } });
    }
    const errors = items.some((item) => item.create.status >= 400);
    return { status: 200, json: { took: 1, errors, items }, keys };
  };
}

export const otlpWire: Wire = ({ method, path, headers, body }) => {
  assert.deepEqual([method, path], ['POST', '/v1/logs']);
  assert.equal(headers['content-type'], 'application/json');
  const { resourceLogs } = JSON.parse(body.toString('utf8')) as OtlpRequest;
  const [only, ...others] = resourceLogs;
  assert.ok(only !== undefined && others.length === 0);
  assert.ok(only.resource.attributes.some(({ key }) => key === 'service.name'));
  const keys = (only.scopeLogs[0]?.logRecords ?? []).map((record) => {
    assert.match(record.timeUnixNano, /^[0-9]{19}$/u, '64-bit integers are strings');
    assert.ok(record.severityNumber >= 1 && record.severityNumber <= 24);
    const values = new Map(record.attributes.map(({ key, value }) => [key, value]));
    const seq = values.get('llmproxy.seq')?.intValue;
    assert.equal(typeof seq, 'string');
    assert.equal((JSON.parse(record.body.stringValue) as Keyed).seq, Number(seq));
    const writer = values.get('llmproxy.writer')?.stringValue ?? '';
    return keyOf({ writer, seq: Number(seq) });
  });
  return { status: 200, json: { partialSuccess: {} }, keys };
};

export const webhookWire =
  (secret: string): Wire =>
  ({ method, path, headers, body }) => {
    assert.deepEqual([method, path], ['POST', '/hook']);
    const text = body.toString('utf8');
    const message = new Webhook(secret).verify(text, headers as Record<string, string>) as {
      readonly type: string;
      readonly id: string;
      readonly records: readonly Keyed[];
    };
    assert.equal(message.type, 'audit.records');
    assert.equal(message.id, headers['webhook-id']);
    return { status: 204, json: null, keys: message.records.map(keyOf) };
  };

export interface BucketOptions {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly lock: 'GOVERNANCE' | 'COMPLIANCE' | null;
}

/**
 * One bucket with versions off and Object Lock on. The signature is worked out anew from what arrived
 * (RFC-less; AWS, "Signature Version 4"), not with the code that made it.
 */
export function s3Wire(options: BucketOptions, objects: Map<string, Buffer>): Wire {
  const { accessKeyId, secretAccessKey, lock } = options;
  return (asked) => {
    const { method, path, headers, body } = asked;
    assert.equal(method, 'PUT');
    const sum = createHash('sha256').update(body).digest();
    assert.equal(headers['x-amz-content-sha256'], sum.toString('hex'));
    assert.equal(headers['x-amz-checksum-sha256'], sum.toString('base64'));
    assert.equal(headers['content-md5'], createHash('md5').update(body).digest('base64'));
    if (lock !== null) {
      assert.equal(headers['x-amz-object-lock-mode'], lock);
      const until = Date.parse(String(headers['x-amz-object-lock-retain-until-date']));
      assert.ok(until > Date.now() + 86_400_000 * 29);
    }
    const found =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request,SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/u.exec(
        headers.authorization ?? '',
      );
    assert.ok(found, 'an authorization of Signature Version 4');
    const [, id, day = '', region = '', names = '', signature] = found;
    assert.equal(id, accessKeyId);
    const signed = names.split(';');
    for (const name of ['host', 'x-amz-date', 'x-amz-content-sha256', 'if-none-match']) {
      assert.ok(signed.includes(name), `${name} is signed`);
    }
    const lines = signed.map((name) => `${name}:${String(headers[name])}\n`).join('');
    const canonical = `PUT\n${path}\n\n${lines}\n${names}\n${sum.toString('hex')}`;
    const date = String(headers['x-amz-date']);
    assert.equal(date.slice(0, 8), day);
    const scope = `${day}/${region}/s3/aws4_request`;
    const hashed = createHash('sha256').update(canonical).digest('hex');
    let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
    for (const part of [day, region, 's3', 'aws4_request']) {
      key = createHmac('sha256', key).update(part).digest();
    }
    const wanted = createHmac('sha256', key)
      .update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${hashed}`)
      .digest('hex');
    assert.equal(signature, wanted, 'the signature');
    const name = decodeURIComponent(path);
    if (objects.has(name)) return { status: 412, json: {}, keys: [name] };
    objects.set(name, body);
    return { status: 200, json: {}, keys: [name] };
  };
}
