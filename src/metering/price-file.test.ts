import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { ListedModel } from './listed-price.ts';
import { parsePriceFile, PRICE_ENTRIES_MAX, priceFileText } from './price-file.ts';

const fileOf = (models: unknown): string => JSON.stringify({ version: 1, models });
const problemOf = (text: string): string => {
  const read = parsePriceFile(text);
  assert.equal(read.ok, false);
  return read.ok ? '' : read.error;
};

const GOOD = { inputPerMTok: '2.5', outputPerMTok: '10' };

describe('the file of prices', () => {
  test('is read as it was written, sorted', () => {
    const models = new Map<string, ListedModel>([
      ['b', { ...GOOD, cacheReadPerMTok: '0.0375', perImage: '0.01', outputTokensMax: 5 }],
      ['a/x:y', GOOD],
    ]);
    const text = priceFileText(models);
    assert.ok(text.indexOf('"a/x:y"') < text.indexOf('"b"'));
    const read = parsePriceFile(text);
    assert.ok(read.ok);
    assert.deepEqual(read.value, models);
    assert.equal(priceFileText(read.value), text);
  });

  test('anything else is refused, and the place is named', () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['', /not a JSON object/u],
      ['[]', /not a JSON object/u],
      ['{"version":2,"models":{}}', /`version` must be 1/u],
      ['{"version":1}', /`models` must be an object/u],
      ['{"version":1,"models":{},"extra":1}', /no such key: "extra"/u],
      [fileOf({ 'a b': GOOD }), /models\["a b"\] is not the name of a model/u],
      [fileOf({ m: 1 }), /models\["m"\] must be an object/u],
      [fileOf({ m: { inputPerMTok: '1' } }), /models\["m"\]\.outputPerMTok is missing/u],
      [
        fileOf({ m: { ...GOOD, inputPerMTok: 2.5 } }),
        /models\["m"\]\.inputPerMTok must be a decimal/u,
      ],
      [fileOf({ m: { ...GOOD, inputPerMTok: '-1' } }), /inputPerMTok must be/u],
      [fileOf({ m: { ...GOOD, inputPerMTok: '1000000.000001' } }), /from 0 to 1,000,000/u],
      [fileOf({ m: { ...GOOD, perImage: '1000.1' } }), /perImage must be .* from 0 to 1,000$/u],
      [fileOf({ m: { ...GOOD, other: '1' } }), /models\["m"\]\.other is no field of a price/u],
      [fileOf({ m: { ...GOOD, outputTokensMax: 0.5 } }), /outputTokensMax must be an integer/u],
      [
        '{"version":1,"models":{"__proto__":{"inputPerMTok":"1","outputPerMTok":"1"}}}',
        /not the name/u,
      ],
    ];
    for (const [text, problem] of wrong) assert.match(problemOf(text), problem);
  });

  test('as many entries as are allowed, and one more is refused', () => {
    const many = (count: number): string =>
      fileOf(Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, GOOD])));
    assert.equal(parsePriceFile(many(PRICE_ENTRIES_MAX)).ok, true);
    assert.match(problemOf(many(PRICE_ENTRIES_MAX + 1)), /more than 50,000/u);
  });
});
