/**
 * A time-stamp authority (RFC 3161): it says that a checkpoint was there at a time, and keeps nothing.
 * The stamp is kept beside the log with what it is of; whoever writes another log later cannot have
 * stamps of before.
 */
import { hash, randomBytes } from 'node:crypto';

import type { Anchor, Anchored } from '#audit/anchors/anchor.ts';
import { stampedAt, stampRequest } from '#audit/anchors/time-stamp.ts';
import { Fault } from '#domain/fault.ts';

import { AnchorHttp } from './anchor-http.ts';

/** Stamps cost money or goodwill, and each is a file of some kilobytes. */
const EVERY_MS = 3_600_000;

export interface TimestampOptions {
  readonly name: string;
  readonly url: URL;
  readonly allowPrivateAddress: boolean;
  readonly everyMs?: number;
  /** Keeps the checkpoint and the answer of the authority, DER. */
  readonly keepCopy: (size: number, note: string, stamp: Buffer) => Promise<void>;
}

export class TimestampAnchor implements Anchor {
  readonly name: string;
  readonly type = 'timestamp';
  readonly isOutside = true;
  readonly everyMs: number;
  readonly #options: TimestampOptions;
  readonly #http: AnchorHttp;

  constructor(options: TimestampOptions) {
    const { name, url, allowPrivateAddress, everyMs = EVERY_MS } = options;
    this.name = name;
    this.everyMs = everyMs;
    this.#options = options;
    const contentType = 'application/timestamp-query';
    this.#http = new AnchorHttp(url, { allowPrivateAddress, contentType });
  }

  async keep({ note, size }: Anchored): Promise<void> {
    const digest = hash('sha256', note, 'buffer');
    const nonce = randomBytes(8);
    const { status, body } = await this.#http.post('', stampRequest(digest, nonce));
    if (status !== 200) throw new Fault('audit-failed', `the authority said ${status}`);
    const stamped = stampedAt(body, digest, nonce);
    if ('problem' in stamped) throw new Fault('audit-failed', stamped.problem);
    await this.#options.keepCopy(size, note, body);
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}
