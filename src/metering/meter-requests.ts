/**
 * Events of usage as receivers take them: Stripe's meter events (one for each measure and tenant that
 * has a customer) and CloudEvents 1.0 in batches, as OpenMeter reads them. Each has its own id, by
 * which the receiver knows one that is sent again.
 *
 * Source: docs.stripe.com/api/billing/meter-event/create (read 2026-11-26: an identifier is at most 100
 * characters and unique for at least 24 hours); openmeter.io/docs/metering/events/overview; CloudEvents
 * 1.0.2, JSON Batch Format.
 */
import type { UsageSums } from '#domain/ledger-entry.ts';
import { type MeterEvent, meterMeasures } from '#domain/meter-event.ts';
import type { JsonObject } from '#stdx/json.ts';

/** Stripe takes one event a request. */
export interface StripeMeter {
  readonly type: 'stripe';
  /** By measure, the `event_name` of the meter. */
  readonly meters: Readonly<Partial<Record<keyof UsageSums, string>>>;
  /** By tenant, the customer. A tenant that has none is not told of. */
  readonly customers: Readonly<Record<string, string>>;
}

export interface CloudEventsMeter {
  readonly type: 'cloudevents';
  /** The `type` and the `source` of each event. */
  readonly eventType: string;
  readonly source: string;
}

/** The forms of one event; none where the receiver is not told of it. */
export function stripeForms(
  event: MeterEvent,
  { meters, customers }: StripeMeter,
): URLSearchParams[] {
  const customer = Object.hasOwn(customers, event.tenant) ? customers[event.tenant] : undefined;
  if (customer === undefined) return [];
  return meterMeasures.flatMap((measure) => {
    const name = meters[measure];
    const value = event[measure];
    if (name === undefined || value === 0) return [];
    return [
      new URLSearchParams({
        event_name: name,
        'payload[stripe_customer_id]': customer,
        'payload[value]': String(value),
        identifier: `${event.id}_${measure}`,
        timestamp: String(Math.floor((event.toMs - 1) / 1_000)),
      }),
    ];
  });
}

export const cloudEvent = (
  event: MeterEvent,
  { eventType, source }: CloudEventsMeter,
): JsonObject => ({
  specversion: '1.0',
  type: eventType,
  source,
  id: event.id,
  time: new Date(event.toMs - 1).toISOString(),
  subject: event.tenant,
  datacontenttype: 'application/json',
  data: {
    model: event.model,
    provider: event.provider,
    priceVersion: event.priceVersion,
    requests: event.requests,
    inputTokens: event.inputTokens,
    outputTokens: event.outputTokens,
    cacheReadTokens: event.cacheReadTokens,
    cacheWriteTokens: event.cacheWriteTokens,
    reasoningTokens: event.reasoningTokens,
    // Numbers of other programs are doubles: money is text there.
    costNanoUsd: String(event.costNanoUsd),
  },
});
