import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { type ImportedList, importList, type ListFormat } from './imported-list.ts';
import { picoUsdPerToken } from './listed-price.ts';
import { litellmList } from './litellm-list.ts';
import { openrouterList } from './openrouter-list.ts';
import { parsePriceFile, priceFileText } from './price-file.ts';

function imported(text: string, format: ListFormat): ImportedList {
  const list = importList(text, format);
  assert.ok(list.ok, list.ok ? '' : list.error);
  return list.value;
}

const litellm = (members: string): ImportedList => imported(`{${members}}`, litellmList);
const openrouter = (...entries: readonly unknown[]): ImportedList =>
  imported(JSON.stringify({ data: entries }), openrouterList);

describe("LiteLLM's list", () => {
  test('a price is the one that was written, whichever way', () => {
    const { models } = litellm(
      ['1.5e-07', '0.00000015', '"1.5e-07"', '15E-8', '0.000000150']
        .map(
          (text, at) => `"m${at}":{"input_cost_per_token":${text},"output_cost_per_token":6e-07}`,
        )
        .join(','),
    );
    assert.equal(models.size, 5);
    for (const { inputPerMTok, outputPerMTok } of models.values()) {
      assert.deepEqual([inputPerMTok, outputPerMTok], ['0.15', '0.6']);
      assert.equal(picoUsdPerToken(inputPerMTok), 150_000);
    }
  });

  test('everything that is billed apart, and what the model takes and gives', () => {
    const { models, leftOut, notes } = litellm(`
      "sample_spec": { "max_tokens": "LEGACY", "input_cost_per_token": "x" },
      "claude": {
        "mode": "chat", "litellm_provider": "anthropic",
        "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
        "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06,
        "cache_creation_input_token_cost_above_1hr": 6e-06, "input_cost_per_image": 0.0048,
        "output_cost_per_reasoning_token": 0.0,
        "search_context_cost_per_query": { "search_context_size_low": 0.01, "search_context_size_high": 0.05 },
        "max_input_tokens": 200000, "max_output_tokens": 64000, "max_tokens": 64000
      },
      "embedder": { "mode": "embedding", "input_cost_per_token": 2e-08 },
      "painter": { "mode": "image_generation", "output_cost_per_image": 0.04 }`);
    assert.deepEqual([leftOut, notes], [[], []]);
    assert.deepEqual(Object.fromEntries(models), {
      claude: {
        inputPerMTok: '3',
        outputPerMTok: '15',
        cacheReadPerMTok: '0.3',
        cacheWritePerMTok: '3.75',
        cacheWriteLongPerMTok: '6',
        perImage: '0.0048',
        perToolCall: '0.05',
        outputTokensMax: 64_000,
        contextTokensMax: 200_000,
      },
      embedder: { inputPerMTok: '0.02', outputPerMTok: '0' },
    });
  });

  test('prices that rise with the prompt are the dearest, and it is said', () => {
    const { models, notes } = litellm(`"g": {
      "input_cost_per_token": 1.25e-06, "input_cost_per_token_above_200k_tokens": 2.5e-06,
      "output_cost_per_token": 1e-05, "output_cost_per_token_above_200k_tokens": 1.5e-05 }`);
    assert.deepEqual(models.get('g'), { inputPerMTok: '2.5', outputPerMTok: '15' });
    assert.deepEqual(notes, [{ model: 'g', text: 'priced as its longest prompts are' }]);
  });

  test('a bad entry is named, and the others are taken', () => {
    const bad: readonly (readonly [string, string, RegExp])[] = [
      [
        'negative',
        '{"input_cost_per_token":-1e-06,"output_cost_per_token":1e-06}',
        /input_cost_per_token is no price/u,
      ],
      ['text', '{"input_cost_per_token":"free","output_cost_per_token":1e-06}', /is no price/u],
      ['huge', '{"input_cost_per_token":1.1,"output_cost_per_token":1e-06}', /is no price/u],
      ['infinite', '{"input_cost_per_token":1e999,"output_cost_per_token":1e-06}', /is no price/u],
      ['listed', '{"input_cost_per_token":[1],"output_cost_per_token":1e-06}', /is no price/u],
      ['half', '{"input_cost_per_token":1e-06}', /no price of output/u],
      ['tiered', '{"tiered_pricing":[{}]}', /tiered_pricing/u],
      [
        'a b',
        '{"input_cost_per_token":1e-06,"output_cost_per_token":1e-06}',
        /can have this name/u,
      ],
      [
        '__proto__',
        '{"input_cost_per_token":1e-06,"output_cost_per_token":1e-06}',
        /can have this name/u,
      ],
      [
        'search',
        '{"input_cost_per_token":1e-06,"output_cost_per_token":1e-06,"search_context_cost_per_query":{"x":-1}}',
        /search_context_cost_per_query/u,
      ],
      ['scalar', '7', /not an object/u],
    ];
    const list = litellm(
      [
        '"good":{"input_cost_per_token":1e-06,"output_cost_per_token":1e-06}',
        ...bad.map(([name, entry]) => `"${name}":${entry}`),
      ].join(','),
    );
    assert.deepEqual([...list.models.keys()], ['good']);
    assert.deepEqual(
      list.leftOut.map(({ model }) => model),
      bad.map(([name]) => name),
    );
    for (const [at, [, , why]] of bad.entries()) assert.match(list.leftOut[at]?.text ?? '', why);
  });
});

describe("OpenRouter's list", () => {
  test('text prices, caps, and nothing for what is 0', () => {
    const { models, leftOut } = openrouter({
      id: 'openai/gpt-4o',
      context_length: 128_000,
      top_provider: { max_completion_tokens: 16_384 },
      pricing: {
        prompt: '0.0000025',
        completion: '0.00001',
        request: '0',
        image: '0.003613',
        web_search: '0.01',
        internal_reasoning: '0',
        input_cache_read: '0.00000125',
      },
    });
    assert.deepEqual(leftOut, []);
    assert.deepEqual(models.get('openai/gpt-4o'), {
      inputPerMTok: '2.5',
      outputPerMTok: '10',
      cacheReadPerMTok: '1.25',
      perImage: '0.003613',
      perToolCall: '0.01',
      outputTokensMax: 16_384,
      contextTokensMax: 128_000,
    });
  });

  test('what cannot be said in our words is named', () => {
    const pricing = { prompt: '0.000001', completion: '0.000001' };
    const { models, leftOut } = openrouter(
      { id: 'openrouter/auto', pricing: { prompt: '-1', completion: '-1' } },
      { id: 'p/sonar', pricing: { ...pricing, request: '0.005' } },
      { id: 'p/none' },
      { pricing },
      { id: 'p/bad', pricing: { ...pricing, completion: 'NaN' } },
      { id: 'p/half', pricing: { prompt: '0.000001' } },
      null,
      { id: 'p/good:free', pricing: { prompt: '0', completion: '0' } },
    );
    assert.deepEqual([...models.keys()], ['p/good:free']);
    assert.deepEqual(
      leftOut.map(({ model }) => model),
      ['openrouter/auto', 'p/sonar', 'p/none', 'data[3]', 'p/bad', 'p/half', 'data[6]'],
    );
  });
});

describe('lists of others', () => {
  test('what is no list of the format is refused whole', () => {
    for (const text of ['', 'x', '[]', '7', '"a"', 'null', '['.repeat(200_000)]) {
      assert.equal(importList(text, litellmList).ok, false);
      assert.equal(importList(text, openrouterList).ok, false);
    }
    assert.equal(importList('{"data":{}}', openrouterList).ok, false);
    const many = Array.from({ length: 50_001 }, (_, at) => `"m${at}":{}`).join(',');
    assert.equal(importList(`{${many}}`, litellmList).ok, false);
  });

  test('whatever a list says, what comes out is a file that the gateway reads', () => {
    const entry = fc.dictionary(
      fc.constantFrom(
        'input_cost_per_token',
        'output_cost_per_token',
        'mode',
        'max_output_tokens',
        'cache_read_input_token_cost',
        'input_cost_per_token_above_200k_tokens',
        'input_cost_per_image',
      ),
      fc.oneof(fc.double(), fc.constantFrom(1e-6, 0, -1, '1e-6', 'chat', null, [], {})),
    );
    const check = fc.property(fc.dictionary(fc.string(), entry), (list) => {
      const { models } = imported(JSON.stringify(list), litellmList);
      const read = parsePriceFile(priceFileText(models));
      assert.ok(read.ok, read.ok ? '' : read.error);
      assert.deepEqual(new Map(read.value), new Map(models));
    });
    fc.assert(check, { numRuns: 500 });
  });
});
