/** `prices:` in the configuration: a file of list prices that go before those of the catalogue. */
import { z } from 'zod';

import type { PriceTable } from '#metering/prices.ts';

import { pathField } from './fields.ts';

/** Prints as it was written; what the file says is kept beside, and is none of the print. */
export class PriceSource {
  readonly file: string;
  /** Null until the file is read. */
  readonly table: PriceTable | null;

  constructor(file: string, table: PriceTable | null) {
    this.file = file;
    this.table = table;
  }

  toJSON(): { readonly file: string } {
    return { file: this.file };
  }
}

export const pricesSection = z
  .strictObject({
    file: pathField.meta({
      description:
        "A file as `llmproxy prices import` writes it. Relative to this file's folder; read at " +
        'start and with every reload.',
    }),
  })
  .transform(({ file }) => new PriceSource(file, null))
  .optional()
  .meta({ description: 'List prices that go before those that come with the gateway.' });
