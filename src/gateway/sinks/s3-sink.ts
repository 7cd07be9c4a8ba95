/**
 * Puts files that are never written again into a bucket (S3 and what speaks like it). With Object
 * Lock each object carries its mode and the date until which nobody may delete it; the checksum in
 * SHA-256 and MD5 is the service's to verify. A name is put once: `if-none-match` asks the service not
 * to replace an object, and 412 means that it is there already.
 */
import { createHash } from 'node:crypto';

import { faultOfStatus, type Parcel, type Sink, SinkFault } from '#audit/sinks/sink.ts';
import { type KeptSecret, type Secret, useFor } from '#domain/secret.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

import type { Courier } from './courier.ts';
import { encodedKey, sha256Hex, signV4 } from './signature-v4.ts';

const PRECONDITION_FAILED = 412;

export interface S3Settings {
  readonly endpoint: URL;
  /** False: the bucket is a part of the host already. */
  readonly isPathStyle: boolean;
  readonly bucket: string;
  readonly region: string;
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret | KeptSecret;
  readonly objectLock: {
    readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
    readonly forMs: number;
  } | null;
  readonly nowMs: () => number;
}

export class S3Sink implements Sink {
  readonly type = 's3';
  readonly takes = 'file';
  readonly recordsMax = 1;
  readonly bytesMax = 1;
  readonly lingerMs = 5_000;
  readonly settleMs = 0;
  readonly #courier: Courier;
  readonly #settings: S3Settings;

  constructor(courier: Courier, settings: S3Settings) {
    this.#courier = courier;
    this.#settings = settings;
  }

  async send(parcel: Parcel, cancellation: Cancellation): Promise<void> {
    if (parcel.kind === 'records') throw new SinkFault('refused');
    const { bucket, isPathStyle, prefix } = this.#settings;
    const key = `${prefix}${parcel.name}`;
    const path = `/${encodedKey(isPathStyle ? `${bucket}/${key}` : key)}`;
    const headers = await this.#headers(path, parcel.bytes);
    const { status } = await this.#courier.post(
      { path, body: parcel.bytes, headers },
      cancellation,
    );
    const fault = status === PRECONDITION_FAILED ? null : faultOfStatus(status);
    if (fault !== null) throw new SinkFault(fault);
  }

  async #headers(path: string, bytes: Uint8Array): Promise<readonly string[]> {
    const { endpoint, region, accessKeyId, objectLock, nowMs } = this.#settings;
    const atMs = nowMs();
    const sha256 = createHash('sha256').update(bytes).digest();
    const own = new Map([
      ['content-md5', createHash('md5').update(bytes).digest('base64')],
      ['x-amz-checksum-sha256', sha256.toString('base64')],
      ['if-none-match', '*'],
    ]);
    if (objectLock !== null) {
      own.set('x-amz-object-lock-mode', objectLock.mode);
      const until = new Date(atMs + objectLock.forMs).toISOString();
      own.set('x-amz-object-lock-retain-until-date', until);
    }
    const request = {
      method: 'PUT',
      host: endpoint.host,
      path,
      headers: own,
      bodySha256: sha256Hex(bytes),
    } as const;
    const signature = await useFor(
      this.#settings.secretAccessKey,
      endpoint.origin,
      (secretAccessKey) => signV4(request, { accessKeyId, secretAccessKey, region, atMs }),
    ).catch(unopened);
    // One that does not open signs nothing, and nothing is sent.
    return [...[...own].flat(), ...(signature ?? unopened())];
  }

  close(): Promise<void> {
    return this.#courier.close();
  }
}

/** The keeper says in the log of the gateway why; the state of the sink says this much. */
function unopened(): never {
  throw new SinkFault('unauthorized');
}
