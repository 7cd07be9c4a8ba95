/**
 * Posts parcels to one address, through the same port as providers: the address is checked when it is
 * resolved and again when it is connected, redirects are not followed, and each request has a
 * deadline. Of an answer at most 8 MiB are read, and only by whoever must know what is in it.
 */
import { type SinkFaultCode, SinkFault } from '#audit/sinks/sink.ts';
import { Fault, type FaultCode } from '#domain/fault.ts';
import type { KeptSecret, Secret } from '#domain/secret.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

import type { TlsMaterial } from '../connector.ts';
import { timeoutsWithin } from '../exchange.ts';
import { HttpPort } from '../http-port.ts';

/** A bulk answer has some 200 bytes for each record. */
const ANSWER_BYTES_MAX = 8 * 1_024 * 1_024;

export interface CourierOptions {
  readonly url: URL;
  readonly secret: Secret | KeptSecret | null;
  /** What stands before the secret in `authorization`: `Splunk `. */
  readonly scheme: string;
  /** Names and values by turns. */
  readonly headers?: readonly string[];
  readonly contentType: string;
  readonly method?: 'POST' | 'PUT';
  readonly allowPrivateAddress: boolean;
  readonly timeoutMs: number;
  readonly tls: TlsMaterial;
}

export interface CourierAnswer {
  readonly status: number;
  readonly text: string;
}

export interface Message {
  /** From the root of the address. */
  readonly path: string;
  readonly body: string | Uint8Array;
  /** Names and values by turns, beside those of every request. */
  readonly headers?: readonly string[];
}

export class Courier {
  readonly #port: HttpPort;

  constructor(options: CourierOptions) {
    const { url, secret, scheme, headers = [], contentType, method, timeoutMs, tls } = options;
    this.#port = new HttpPort({
      baseUrl: new URL(url.origin),
      secret,
      carrier: { header: 'authorization', prefix: scheme },
      headers,
      contentType,
      ...(method !== undefined && { method }),
      allowPrivateAddress: options.allowPrivateAddress,
      timeouts: timeoutsWithin(timeoutMs),
      connectionsMax: 2,
      tls,
    });
  }

  /** Every status is an answer; what is none is a `SinkFault`. */
  async post(message: Message, cancellation: Cancellation): Promise<CourierAnswer> {
    const { path, body, headers = [] } = message;
    try {
      const request = { path, body, isStreamed: false };
      const answer = await this.#port.send(request, cancellation, headers);
      const chunks = await answer.body.whole(ANSWER_BYTES_MAX);
      return { status: answer.status, text: Buffer.concat(chunks).toString('utf8') };
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      throw new SinkFault(codeOf(thrown));
    }
  }

  close(): Promise<void> {
    return this.#port.close();
  }
}

/** Codes of OpenSSL and Node for a certificate that is not accepted. */
const TLS = /CERT|TLS|SSL|SELF_SIGNED|ISSUER|VERIFY/u;

const CODES: Readonly<Partial<Record<FaultCode, SinkFaultCode>>> = {
  'egress-refused': 'address-refused',
  'provider-timeout': 'late',
  'provider-reply-invalid': 'answer-invalid',
  'client-gone': 'cancelled',
  // Ours, that did not open: it may with the next try.
  'secret-unreadable': 'unauthorized',
  'secret-unavailable': 'unauthorized',
  'provider-cut': 'broken',
};

const codeOf = ({ code, message }: Fault): SinkFaultCode =>
  CODES[code] ?? (TLS.test(message) ? 'tls-failed' : 'unreachable');
