/**
 * AWS Signature Version 4 for one request with its whole body in memory ("Authenticating Requests:
 * Using the Authorization Header", the single-chunk form). About as many lines as a client library has
 * packages; the published examples are its test.
 */
import { createHash, createHmac } from 'node:crypto';

export interface SignedRequest {
  readonly method: 'PUT' | 'GET';
  /** With the port where it is not the usual one: as it is sent. */
  readonly host: string;
  /** Encoded already, as it is sent. */
  readonly path: string;
  /** Lower-case names. All of them are signed. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bodySha256: string;
}

export interface SigningScope {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly atMs: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SERVICE = 's3';

/** Headers to add, names and values by turns; those of the request are not among them. */
export function signV4(request: SignedRequest, scope: SigningScope): readonly string[] {
  const { accessKeyId, region, atMs } = scope;
  const time = new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/gu, '');
  const day = time.slice(0, 8);
  const signed = new Map([
    ...request.headers,
    ['host', request.host],
    ['x-amz-content-sha256', request.bodySha256],
    ['x-amz-date', time],
  ]);
  const names = [...signed.keys()].sort();
  const canonical = [
    request.method,
    request.path,
    '',
    ...names.map((name) => `${name}:${(signed.get(name) ?? '').trim().replaceAll(/ +/gu, ' ')}`),
    '',
    names.join(';'),
    request.bodySha256,
  ].join('\n');
  const within = `${day}/${region}/${SERVICE}/aws4_request`;
  const text = [ALGORITHM, time, within, sha256Hex(canonical)].join('\n');
  const signature = hmac(keyOf(scope, day), text).toString('hex');
  const credential = `Credential=${accessKeyId}/${within}`;
  return [
    'x-amz-content-sha256',
    request.bodySha256,
    'x-amz-date',
    time,
    'authorization',
    `${ALGORITHM} ${credential},SignedHeaders=${names.join(';')},Signature=${signature}`,
  ];
}

/** The key is good for one day, one region and one service. */
function keyOf({ secretAccessKey, region }: SigningScope, day: string): Buffer {
  const ofDay = hmac(`AWS4${secretAccessKey}`, day);
  return hmac(hmac(hmac(ofDay, region), SERVICE), 'aws4_request');
}

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

export const sha256Hex = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** A key of an object in a path: everything but unreserved characters and slashes (RFC 3986). */
export const encodedKey = (key: string): string =>
  key
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replaceAll(
        /[!'()*]/gu,
        (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/');
