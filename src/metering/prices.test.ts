import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { catalogue, CATALOGUE_VERSION } from './catalogue.ts';
import { capsFrom, priceFrom } from './listed-price.ts';
import { isModelName } from './price-file.ts';
import { type PriceTable, pricedModel } from './prices.ts';

const file: PriceTable = {
  version: 'file-0123456789ab',
  models: new Map([
    ['gpt-4o', { inputPerMTok: '3', outputPerMTok: '9', outputTokensMax: 7 }],
    ['house', { inputPerMTok: '0.0375', outputPerMTok: '1' }],
  ]),
};

const inFile = { table: file, unknown: null };

const inputOf = (model: string, table: PriceTable | null = null): number | undefined =>
  pricedModel({ model }, null, { table, unknown: null }).price?.inputPicoUsdPerToken;

describe("which price is a deployment's", () => {
  test('the alias, then the file, then the catalogue, then none; the version says which', () => {
    const own = pricedModel({ model: 'gpt-4o' }, { inputPerMTok: 1, outputPerMTok: 2 }, inFile);
    assert.deepEqual(
      [own.price?.version, own.price?.inputPicoUsdPerToken],
      ['configuration', 1_000_000],
    );
    const listed = pricedModel({ model: 'gpt-4o' }, null, inFile);
    assert.deepEqual(
      [listed.price?.version, listed.price?.inputPicoUsdPerToken],
      [file.version, 3_000_000],
    );
    const known = pricedModel({ model: 'gpt-4o-mini' }, null, inFile);
    assert.deepEqual(
      [known.price?.version, known.price?.inputPicoUsdPerToken],
      [CATALOGUE_VERSION, 150_000],
    );
    assert.deepEqual(pricedModel({ model: 'unheard-of' }, null, inFile), {
      price: null,
      caps: { outputTokensMax: null, contextTokensMax: null },
    });
  });

  test('caps come from the lists, whoever names the price', () => {
    const own = pricedModel({ model: 'gpt-4o' }, { inputPerMTok: 1, outputPerMTok: 2 }, inFile);
    assert.equal(own.caps.outputTokensMax, 7);
    assert.equal(pricedModel({ model: 'gpt-4o' }, null).caps.outputTokensMax, 16_384);
  });

  test('where nobody knows it, the ceiling that the operator has set, and nowhere else', () => {
    const ceiling = { inputPerMTok: 30, outputPerMTok: 120, reasoningPerMTok: 200 };
    const unheard = pricedModel({ model: 'unheard-of' }, null, {
      table: file,
      unknown: ceiling,
    }).price;
    assert.deepEqual(
      [unheard?.version, unheard?.inputPicoUsdPerToken, unheard?.reasoningPicoUsdPerToken],
      ['ceiling', 30_000_000, 200_000_000],
    );
    for (const model of ['gpt-4o', 'gpt-4o-mini', 'house']) {
      const known = pricedModel({ model }, null, inFile);
      assert.deepEqual(pricedModel({ model }, null, { table: file, unknown: ceiling }), known);
    }
    const own = pricedModel(
      { model: 'm' },
      { inputPerMTok: 1, outputPerMTok: 2 },
      { table: file, unknown: ceiling },
    );
    assert.equal(own.price?.version, 'configuration');
  });

  test('a dated model has the price of its base, unless it has a line of its own', () => {
    assert.equal(inputOf('gpt-4o-2024-08-06'), inputOf('gpt-4o'));
    assert.equal(inputOf('claude-sonnet-4-5-20250929'), 3_000_000);
    assert.equal(inputOf('gpt-4o-2024-05-13'), 5_000_000);
    assert.equal(inputOf('gpt-4o-2024-08-06', file), 3_000_000);
    assert.equal(inputOf('gpt-4o-2024-05-13', file), 5_000_000);
    assert.equal(inputOf('gpt-4o-2024-08-06-finetuned'), undefined);
    assert.equal(inputOf('mistral-large-latest'), undefined);
    assert.equal(inputOf('constructor'), undefined);
  });

  test('a line with the host before the name is for that host alone', () => {
    const models = new Map([
      ['openai/gpt-oss-120b', { inputPerMTok: '0.1', outputPerMTok: '0.5' }],
      ['groq/openai/gpt-oss-120b', { inputPerMTok: '0.15', outputPerMTok: '0.6' }],
    ]);
    const at = (provider: string): number | undefined =>
      pricedModel({ provider, model: 'openai/gpt-oss-120b' }, null, {
        table: { version: 'v', models },
        unknown: null,
      }).price?.inputPicoUsdPerToken;
    assert.deepEqual([at('groq'), at('elsewhere')], [150_000, 100_000]);
  });

  test('a configured price is what was written, and what is left out is never cheaper than input', () => {
    const { price } = pricedModel(
      { model: 'm' },
      { inputPerMTok: 0.0375, outputPerMTok: 0.1, perToolCall: 0.025 },
    );
    const whole = {
      inputPerMTok: 1,
      outputPerMTok: 2,
      cacheReadPerMTok: 3,
      cacheWritePerMTok: 4,
      cacheWriteLongPerMTok: 5,
      reasoningPerMTok: 6,
      perImage: 7,
      perToolCall: 8,
    };
    assert.deepEqual(pricedModel({ model: 'm' }, whole).price, {
      inputPicoUsdPerToken: 1_000_000,
      outputPicoUsdPerToken: 2_000_000,
      cacheReadPicoUsdPerToken: 3_000_000,
      cacheWritePicoUsdPerToken: 4_000_000,
      cacheWriteLongPicoUsdPerToken: 5_000_000,
      reasoningPicoUsdPerToken: 6_000_000,
      imageNanoUsd: 7_000_000_000,
      hostedToolCallNanoUsd: 8_000_000_000,
      version: 'configuration',
    });
    assert.deepEqual(
      [price?.inputPicoUsdPerToken, price?.outputPicoUsdPerToken, price?.hostedToolCallNanoUsd],
      [37_500, 100_000, 25_000_000],
    );
    assert.deepEqual(
      [
        price?.cacheReadPicoUsdPerToken,
        price?.cacheWritePicoUsdPerToken,
        price?.reasoningPicoUsdPerToken,
      ],
      [37_500, 37_500, 100_000],
    );
    const tiny = pricedModel(
      { model: 'm' },
      { inputPerMTok: 1e-7, outputPerMTok: 1_000_000 },
    ).price;
    assert.deepEqual([tiny?.inputPicoUsdPerToken, tiny?.outputPicoUsdPerToken], [1, 1e12]);
  });
});

describe('the catalogue', () => {
  test('reads as integers, names models that a deployment can have, and has no line twice', () => {
    assert.ok(catalogue.size > 35);
    for (const [model, listed] of catalogue) {
      const price = priceFrom(listed, CATALOGUE_VERSION);
      assert.ok(isModelName(model), model);
      assert.ok(price.inputPicoUsdPerToken > 0, model);
      assert.ok(price.cacheReadPicoUsdPerToken <= price.inputPicoUsdPerToken, model);
      assert.ok(price.cacheWriteLongPicoUsdPerToken >= price.cacheWritePicoUsdPerToken, model);
      const { outputTokensMax, contextTokensMax } = capsFrom(listed);
      assert.ok((outputTokensMax ?? 1) > 0 && (contextTokensMax ?? 1) > 0, model);
      assert.ok(!model.endsWith('-latest'), `${model} moves from model to model`);
    }
  });
});
