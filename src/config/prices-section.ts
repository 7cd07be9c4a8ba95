/** `prices:` in the configuration: a file of list prices that go before those of the catalogue, and a ceiling. */
import { z } from 'zod';

import type { ConfiguredPrice, PriceTable } from '#metering/prices.ts';

import { pathField, whenObject } from './fields.ts';

const perMTok = z.number().min(0).max(1_000_000);
const perUse = z.number().min(0).max(1_000);

export const priceFields = z.strictObject({
  inputPerMTok: perMTok.meta({ description: 'USD for a million tokens.' }),
  outputPerMTok: perMTok.meta({ description: 'USD for a million tokens.' }),
  cacheReadPerMTok: perMTok.optional().meta({
    description:
      "USD for a million tokens of input read from the provider's cache. " +
      'Default: the price of input, which is never too little.',
  }),
  cacheWritePerMTok: perMTok.optional().meta({
    description:
      'USD for a million tokens of input written to that cache. Default: the price of input, ' +
      'which is too little where the vendor asks more for writes.',
  }),
  cacheWriteLongPerMTok: perMTok.optional().meta({
    description:
      'USD for a million tokens of input kept in it for an hour. Default: that of writing.',
  }),
  reasoningPerMTok: perMTok.optional().meta({
    description: 'USD for a million tokens of thinking. Default: the price of output.',
  }),
  perImage: perUse.optional().meta({
    description: 'USD for each image that a call brings, beside its tokens. Default: 0.',
  }),
  perToolCall: perUse.optional().meta({
    description:
      'USD for each call of a tool that the provider runs, such as web search. Default: 0.',
  }),
});

/** Prints as it was written; what the file says is kept beside, and is none of the print. */
export class PriceSource {
  readonly file: string | null;
  readonly unknown: ConfiguredPrice | null;
  /** Null until the file is read, and where there is none. */
  readonly table: PriceTable | null;

  constructor(
    { file, unknown }: Pick<PriceSource, 'file' | 'unknown'>,
    table: PriceTable | null = null,
  ) {
    this.file = file;
    this.unknown = unknown;
    this.table = table;
  }

  toJSON(): { readonly file?: string; readonly unknown?: ConfiguredPrice } {
    const { file, unknown } = this;
    return { ...(file !== null && { file }), ...(unknown !== null && { unknown }) };
  }
}

export const pricesSection = z
  .strictObject({
    file: pathField.optional().meta({
      description:
        "A file as `llmproxy prices import` writes it. Relative to this file's folder; read at " +
        'start and with every reload.',
    }),
    unknown: priceFields.optional().meta({
      description:
        'A ceiling: what calls of models cost whose price nobody knows. Default: it is unknown, and ' +
        'a budget refuses them.',
    }),
  })
  .refine(({ file, unknown }) => file !== undefined || unknown !== undefined, {
    path: ['file'],
    when: whenObject,
    error: 'name a file of prices, or a price for what is unknown',
  })
  .transform(({ file = null, unknown = null }) => new PriceSource({ file, unknown }))
  .optional()
  .meta({ description: 'List prices that go before those that come with the gateway.' });
