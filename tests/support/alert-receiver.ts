/** A receiver of alerts as its owner would write it: it takes nothing that is not signed. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { Webhook } from 'standardwebhooks';

import { openUpstream, type Script, type Upstream } from './upstream.ts';

/** Put together at run time: no key-like text is in the repository. */
export const webhookSecret = (): string => ['whsec', randomBytes(32).toString('base64')].join('_');

export interface AlertBody {
  readonly type: string;
  readonly id: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Receiver extends Upstream {
  /** Verified by the specification's own library, in the order of arrival. */
  readonly alerts: (secret: string) => AlertBody[];
  /** Waits until so many attempts have come. */
  readonly came: (count: number, withinMs?: number) => Promise<void>;
}

export async function openReceiver(script?: Script): Promise<Receiver> {
  const upstream = await openUpstream(
    script ?? ((_, response) => void response.writeHead(204).end()),
  );
  return Object.assign(upstream, {
    alerts: (secret: string) =>
      upstream.seen.map(({ body, headers }) => {
        const webhook = new Webhook(secret);
        return webhook.verify(body, headers as Record<string, string>) as AlertBody;
      }),
    async came(count: number, withinMs = 5_000) {
      const untilMs = performance.now() + withinMs;
      while (upstream.seen.length < count && performance.now() < untilMs) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.ok(upstream.seen.length >= count, `${upstream.seen.length} of ${count} came`);
    },
  });
}
