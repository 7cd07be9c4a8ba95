/** From a section of the configuration to a sink. Nothing is connected before the first parcel. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import { FileSink } from '#audit/sinks/file-sink.ts';
import { renderers } from '#audit/sinks/renderers/registry.ts';
import type { Sink } from '#audit/sinks/sink.ts';
import { webhookSecretBytes } from '#config/alerts-section.ts';
import { type SinkSection, type SinkSectionOf, syslogTarget } from '#config/sinks-section.ts';
import { urlWithPassword } from '#config/stores-section.ts';
import type { Bound } from '#custody/bound.ts';
import type { Custody } from '#custody/custody.ts';
import { referredSealed } from '#custody/sealed.ts';
import { type KeptSecret, Secret } from '#domain/secret.ts';
import { type TlsMaterial } from '#gateway/connector.ts';
import { Courier, type CourierOptions } from '#gateway/sinks/courier.ts';
import { ElasticsearchSink } from '#gateway/sinks/elasticsearch-sink.ts';
import { OtlpSink } from '#gateway/sinks/otlp-sink.ts';
import { S3Sink } from '#gateway/sinks/s3-sink.ts';
import { SplunkSink } from '#gateway/sinks/splunk-sink.ts';
import { SyslogSink } from '#gateway/sinks/syslog-sink.ts';
import { WebhookSink } from '#gateway/sinks/webhook-sink.ts';
import type { Clock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

import { resolved } from '../classifier/find-packages.ts';
import { openedKey, type SigningKey } from '../signing-key.ts';
import { secretOf } from '../secret-of.ts';
import { KafkaSink } from './kafka-sink.ts';
import { PostgresSink } from './postgres-sink.ts';

export interface SinkPorts {
  readonly clock: Clock;
  /** This gateway, among those that share an archive. */
  readonly instance: string;
  /** Opens what the store keeps sealed. Null: there is no store, and a sealed secret opens for nobody. */
  readonly custody: Custody | null;
  /** Where packages of the operator are looked for. */
  readonly folders: readonly string[];
}

/** Throws `ConfigProblem` with a path below the entry. */
export function openSink(section: SinkSection, ports: SinkPorts): Sink {
  switch (section.type) {
    case 'file':
      return new FileSink({ ...section, render: renderers[section.format] });
    case 'syslog':
      return openSyslog(section);
    case 'splunk':
      return openSplunk(section, ports);
    case 'elasticsearch':
      return openElasticsearch(section, ports);
    case 'otlp':
      return openOtlp(section, ports);
    case 'webhook':
      return openWebhook(section, ports);
    case 'postgres':
      return new PostgresSink({
        url: urlWithPassword(section),
        table: section.table,
        timeoutMs: section.timeout.ms,
      });
    case 's3':
      return openS3(section, ports);
    case 'kafka':
      return openKafka(section, ports);
  }
}

const ownerOf = ({ name }: Pick<SinkSection, 'name'>): `sink/${string}` => `sink/${name}`;

/** A text of the file, or one that the store keeps and that is opened for each parcel. */
function sinkSecret(
  section: HttpSection,
  purpose: 'apiKey' | 'token',
  text: string | undefined,
  ports: SinkPorts,
): Secret | KeptSecret | null {
  return text === undefined ? null : textOrKept(section, purpose, text, ports);
}

function textOrKept(
  section: HttpSection,
  purpose: 'apiKey' | 'token' | 'secretAccessKey',
  text: string,
  { custody }: SinkPorts,
): Secret | KeptSecret {
  const { origin } = new URL(section.url);
  if (custody === null) return new Secret(text, origin);
  return secretOf(custody, text, { owner: ownerOf(section), purpose }, origin);
}

const isJsonFormat = (format: keyof typeof renderers): boolean =>
  format !== 'cef' && format !== 'leef';

function materialOf(section: {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}): TlsMaterial {
  const read = (path: string, field: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // The path is the operator's own, and says enough.
      throw new ConfigProblem([field], `the file ${path} cannot be read`);
    }
  };
  const { ca, cert, key } = section;
  return {
    ...(ca !== undefined && { ca: read(ca, 'ca') }),
    ...(cert !== undefined && { cert: read(cert, 'cert') }),
    ...(key !== undefined && { key: read(key, 'key') }),
  };
}

function openSyslog(section: SinkSectionOf<'syslog'>): Sink {
  const target = syslogTarget(section.address);
  if (target === null) throw new ConfigProblem(['address'], 'write tls://host:port');
  const { allowPrivateAddress, format, messageBytesMax } = section;
  return new SyslogSink(
    { ...target, allowPrivateAddress, tls: materialOf(section) },
    { host: hostname(), render: renderers[format], messageBytesMax },
  );
}

type HttpSection = SinkSectionOf<'splunk' | 'elasticsearch' | 'otlp' | 'webhook' | 's3'>;

function courierOf(
  section: HttpSection,
  {
    secret,
    scheme,
    ...more
  }: Pick<CourierOptions, 'scheme' | 'contentType' | 'method'> & {
    readonly secret: Secret | KeptSecret | null;
  },
): Courier {
  const url = new URL(section.url);
  return new Courier({
    url,
    secret,
    scheme,
    ...more,
    allowPrivateAddress: section.allowPrivateAddress,
    timeoutMs: section.timeout.ms,
    tls: materialOf(section),
  });
}

const JSON_TYPE = 'application/json';

function openSplunk(section: SinkSectionOf<'splunk'>, ports: SinkPorts): Sink {
  const { format, index = null, sourcetype } = section;
  const secret = sinkSecret(section, 'token', section.token, ports);
  const courier = courierOf(section, { secret, scheme: 'Splunk ', contentType: JSON_TYPE });
  const isJson = isJsonFormat(format);
  const render = renderers[format];
  const own = { host: hostname(), channel: randomUUID() };
  return new SplunkSink(courier, { render, isJson, sourcetype, index, ...own });
}

function openElasticsearch(section: SinkSectionOf<'elasticsearch'>, ports: SinkPorts): Sink {
  const { apiKey, username, password, format, index } = section;
  const basic =
    username === undefined
      ? undefined
      : Buffer.from(`${username}:${password ?? ''}`).toString('base64');
  const courier = courierOf(section, {
    secret: sinkSecret(section, 'apiKey', apiKey ?? basic, ports),
    scheme: apiKey === undefined ? 'Basic ' : 'ApiKey ',
    contentType: 'application/x-ndjson',
  });
  const basePath = new URL(section.url).pathname.replace(/\/$/u, '');
  return new ElasticsearchSink(courier, { render: renderers[format], index, basePath });
}

function openOtlp(section: SinkSectionOf<'otlp'>, ports: SinkPorts): Sink {
  const { format } = section;
  const secret = sinkSecret(section, 'token', section.token, ports);
  const courier = courierOf(section, { secret, scheme: 'Bearer ', contentType: JSON_TYPE });
  const { pathname, search } = new URL(section.url);
  const path = pathname + search;
  return new OtlpSink(courier, { render: renderers[format], path, host: hostname() });
}

function openWebhook(section: SinkSectionOf<'webhook'>, { clock, custody }: SinkPorts): Sink {
  const keyOf = (text: string, field: 'secret' | 'previousSecret'): SigningKey => {
    const sealed = referredSealed(text);
    if (sealed !== null && custody !== null) {
      const origins = [new URL(section.url).origin];
      const bound: Bound = { tenant: null, owner: ownerOf(section), purpose: field, origins };
      return async () => await custody.open(bound, sealed, openedKey);
    }
    const key = webhookSecretBytes(text);
    // Tools read a file without its secrets; what stands in their place signs nothing.
    if (key === null) throw new ConfigProblem([field], 'the secret is not here');
    return () => Promise.resolve(key);
  };
  const { secret, previousSecret, format } = section;
  const newest = keyOf(secret, 'secret');
  const older = previousSecret === undefined ? null : keyOf(previousSecret, 'previousSecret');
  const courier = courierOf(section, { secret: null, scheme: '', contentType: JSON_TYPE });
  const { pathname, search } = new URL(section.url);
  return new WebhookSink(courier, {
    render: renderers[format],
    isJson: isJsonFormat(format),
    path: pathname + search,
    keys: async () => (older === null ? [await newest()] : [await newest(), await older()]),
    nowMs: () => clock.nowMs(),
  });
}

const LOCK_MODES = { governance: 'GOVERNANCE', compliance: 'COMPLIANCE' } as const;

function openS3(section: SinkSectionOf<'s3'>, ports: SinkPorts): Sink {
  const { bucket, region, prefix, accessKeyId, secretAccessKey, addressing, objectLock } = section;
  const endpoint = new URL(section.url);
  const courier = courierOf(section, {
    secret: null,
    scheme: '',
    contentType: 'application/octet-stream',
    method: 'PUT',
  });
  const lock = objectLock && {
    mode: LOCK_MODES[objectLock.mode],
    forMs: objectLock.retention.ms,
  };
  return new S3Sink(courier, {
    endpoint,
    isPathStyle: addressing === 'path',
    bucket,
    region,
    prefix: `${prefix}${ports.instance}/`,
    accessKeyId,
    secretAccessKey: textOrKept(section, 'secretAccessKey', secretAccessKey, ports),
    objectLock: lock ?? null,
    nowMs: () => ports.clock.nowMs(),
  });
}

const KAFKA = 'kafkajs';

function openKafka(section: SinkSectionOf<'kafka'>, ports: SinkPorts): Sink {
  const { brokers, topic, format, sasl, timeout, packages, isPlaintext } = section;
  const folders = packages === undefined ? ports.folders : [packages];
  const file = folders.map((folder) => resolved(KAFKA, folder)).find((found) => found !== null);
  if (file === undefined || file === null) {
    throw new ConfigProblem(
      ['packages'],
      `there is no ${KAFKA} in ${folders.join(' or ')}: run \`npm install --prefix ${folders[0] ?? '.'} ${KAFKA}\`, or write packages: FOLDER`,
    );
  }
  const { ca } = materialOf(section);
  const ssl = isPlaintext ? false : ca === undefined ? true : { ca: [ca] };
  const times = { connectionTimeout: timeout.ms, requestTimeout: timeout.ms };
  const options = { brokers, ssl, ...(sasl !== undefined && { sasl }), ...times };
  return new KafkaSink({ file, options, topic, render: renderers[format] });
}
