/** One POST to an anchor and its whole answer, through the port that checks addresses. */
import { Cancellation } from '#stdx/cancellation.ts';

import { timeoutsWithin } from '../exchange.ts';
import { HttpPort } from '../http-port.ts';

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 65_536;

export interface AnchorAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export class AnchorHttp {
  readonly #port: HttpPort;

  constructor(url: URL, { allowPrivateAddress, contentType }: AnchorHttpOptions) {
    this.#port = new HttpPort({
      baseUrl: url,
      secret: null,
      carrier: { header: 'authorization', prefix: '' },
      headers: [],
      contentType,
      allowPrivateAddress,
      timeouts: timeoutsWithin(TIMEOUT_MS),
      connectionsMax: 1,
    });
  }

  /** Rejects with a `Fault` where there is no answer in time. */
  async post(path: string, body: string | Uint8Array): Promise<AnchorAnswer> {
    const request = { path, body, isStreamed: false };
    const head = await this.#port.send(request, new Cancellation());
    return { status: head.status, body: Buffer.concat(await head.body.whole(ANSWER_BYTES_MAX)) };
  }

  close(): Promise<void> {
    return this.#port.close();
  }
}

interface AnchorHttpOptions {
  readonly allowPrivateAddress: boolean;
  readonly contentType: string;
}
