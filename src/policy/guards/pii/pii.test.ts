import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { cpuMs, paced } from '../../../../tests/support/pace.ts';
import { piiSamples } from '../../../../tests/support/pii-samples.ts';
import { filterWhole, guardContract, ruleOf, runOf } from '../guard.contract.ts';
import type { GuardRule } from '../rule.ts';
import { defaultEntities, type EntityName, entityNames, PROFILES } from './entities.ts';
import { piiGuard } from './pii.ts';

const create = (config: object) => piiGuard.create(piiGuard.config.parse(config));
const all = create({ entities: entityNames });
const rules = [ruleOf(create({}))];
const samples = piiSamples(3);
const half = ({ text }: { text: string }): string => text.slice(0, Math.ceil(text.length / 2));
const late = ({ text }: { text: string }): string => text.slice(Math.ceil(text.length / 3));

guardContract(
  all,
  {
    found: 'write to jane.doe@example.com now',
    nearMiss: 'at 12:30 on 5 apples, 1.2.3 of a@b and 0x12 for $4.50 (4) +1 #77 ',
    pieces: [
      ...samples.map(({ text }) => text),
      ...samples.map(half),
      ...samples.map(late),
      ...' |\n|.|-|+|(|:|@| 12|4111 1111 |Hauptstraße |Via |March |DE |tel |born |Dr. |John |http|://'.split(
        '|',
      ),
      '😀',
      'ß',
    ],
  },
  3_000,
);

const masked = (text: string): Promise<string> => filterWhole(rules, text);

/** What is found, with its span, by the guard with the entities. */
async function found(text: string, guard = all): Promise<{ category: string; value: string }[]> {
  const context = {
    tenant: '',
    model: '',
    position: 'user',
    request: [],
    signal: new AbortController().signal,
  } as const;
  const scans = await Promise.all(guard.detectors.map(({ scan }) => scan(text, 0, true, context)));
  return scans.flatMap(({ findings }) =>
    findings.map(({ category, start, end }) => ({ category, value: text.slice(start, end) })),
  );
}

describe('pii on made-up people', () => {
  for (const name of entityNames) {
    test(`finds ${name}, with its exact span`, async () => {
      const only = create({ entities: [name] });
      let count = 0;
      for (let seed = 1; seed <= 40; seed += 1) {
        for (const { entity, text, start, end } of piiSamples(seed)) {
          if (entity !== name) continue;
          count += 1;
          assert.deepEqual(await found(text, only), [
            { category: name, value: text.slice(start, end) },
          ]);
        }
      }
      assert.equal(count, 40);
    });
  }

  test('with every entity looked for, each value is still called what it is', async () => {
    let right = 0;
    let count = 0;
    for (let seed = 100; seed < 140; seed += 1) {
      for (const { entity, text } of piiSamples(seed)) {
        const [first] = await found(text);
        count += 1;
        if (first?.category === entity) right += 1;
      }
    }
    assert.ok(count >= 900);
    assert.ok(right / count >= 0.98, `${right} of ${count}`);
  });

  test('a digit that is wrong makes it nothing, where there is a checksum', async () => {
    const checked = ['card', 'iban', 'nhs', 'vin', 'wallet'] satisfies EntityName[];
    let count = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      for (const { entity, text, end } of piiSamples(seed)) {
        if (!checked.some((name) => name === entity)) continue;
        const last = text.charAt(end - 1);
        const other = /\d/u.test(last) ? `${(Number(last) + 1) % 10}` : 'q';
        const wrong = text.slice(0, end - 1) + other + text.slice(end);
        assert.deepEqual(await found(wrong, create({ entities: [entity as EntityName] })), []);
        count += 1;
      }
    }
    assert.equal(count, 40 * checked.length);
  });
});

describe('pii', () => {
  const passed: readonly (readonly [what: string, text: string])[] = [
    [
      'prices, dates, versions and times',
      'paid $4111111111111111 on 2024-03-12 at 14:55:03 for v1.2.3.4',
    ],
    ['a number of a ticket or an order', 'order 1234567890 and ticket 4711-0815, 555-1234'],
    ['numbers without the word that they need', 'see 123456789, D1234567, C12345678 and 12345678'],
    [
      'a social security number that nobody has',
      'no 000-12-3456, 666-12-3456, 123-00-4567, 123-45-0000',
    ],
    ['an address without a top level', 'root@localhost, @mention, a@b, user@'],
    ['this machine and masks', 'on 127.0.0.1, 0.0.0.0 and 255.255.255.0, ::1'],
    [
      'a UUID and a digest',
      '3f2504e0-4f89-11d3-9a0c-0305e82c3301 e3b0c44298fc1c149afbf4c8996fb92427ae41e4',
    ],
    ['timestamps', 'at 1732600000, 1732600000123 and 2024-03-12T14:55:03.123456Z'],
    ['a number that is joined to another', 'x-4111111111111111 and 1.4111111111111111'],
    ['quantities of things', 'we have 12 Apples, 3 Main reasons and 40 Streets'],
  ];
  for (const [what, text] of passed) {
    test(`passes ${what}`, async () => assert.equal(await masked(text), text));
  }

  test('a word beside a number makes the difference, in eight languages', async () => {
    const said = [
      'date of birth: 12/03/1980',
      'geboren am 12.03.1980',
      'née le 12/03/1980',
      'nacido el 12/03/1980',
      'nata il 12/03/1980',
      'data de nascimento: 12/03/1980',
      'geboortedatum 12-03-1980',
      'data urodzenia: 12.03.1980',
    ];
    for (const text of said) assert.match(await masked(text), /\[redacted:date-of-birth\]$/u);
    assert.equal(await masked('published on 12/03/1980'), 'published on 12/03/1980');
    for (const word of 'passport Reisepass passeport pasaporte passaporto passaporte paspoort paszport'.split(
      ' ',
    )) {
      assert.equal(await masked(`${word}: C01234567.`), `${word}: [redacted:passport].`);
    }
  });

  test('telephone numbers as people write them', async () => {
    const numbers = [
      '(415) 555-0132',
      '415-555-0132 x12',
      '+44 20 7946 0958',
      '+49 (0)30 1234567',
      '0049 30 1234567',
      '020 7946 0958',
      '01 23 45 67 89',
      '+1-415-555-0132',
    ];
    for (const number of numbers)
      assert.equal(await masked(`at ${number}, now`), 'at [redacted:phone], now', number);
    assert.equal(await masked('call 5550132 now'), 'call [redacted:phone] now');
    assert.equal(await masked('tel. 912 345 678'), 'tel. [redacted:phone]');
    assert.equal(await masked('row 912 345 678'), 'row 912 345 678');
  });

  test('a card in front of its month and code is masked without them', async () => {
    assert.equal(await masked('4111 1111 1111 1111 12/27 123'), '[redacted:card] 12/27 123');
  });

  test('guessed names only alert, whatever the rule does; the rest is redacted', async () => {
    const guard = create({ entities: ['person', 'location', 'email'] });
    const { run, evidence } = runOf({ ...ruleOf(guard), guard } satisfies GuardRule);
    const text = 'Mary Jones of Berlin, mary@example.com';
    const { text: out } = await run.whole(text, 'user', true);
    assert.equal(out, 'Mary Jones of Berlin, [redacted:email]');
    assert.deepEqual(
      evidence.list().map(({ category, action }) => `${category} ${action}`),
      ['person alert', 'location alert', 'email redact'],
    );
  });

  test('an entity may have an action of its own', async () => {
    const guard = create({
      entities: ['email', 'card'],
      actions: { card: 'block', email: 'alert' },
    });
    const { run } = runOf({ ...ruleOf(guard), guard });
    const { text, stop } = await run.whole('a@example.com pays 4111111111111111', 'user', true);
    assert.equal(text, 'a@example.com pays ');
    assert.equal(stop?.kind === 'blocked' && stop.category, 'card');
    assert.equal(create({}).actionOf, undefined);
  });

  test('values that are allowed are not findings, in any case', async () => {
    const allowing = [ruleOf(create({ allow: ['Support@example.com'] }))];
    const text = 'support@Example.com or jane@example.com';
    assert.equal(await filterWhole(allowing, text), 'support@Example.com or [redacted:email]');
  });

  test('profiles are lists of known entities, and one is chosen instead of a list', async () => {
    for (const [profile, names] of Object.entries(PROFILES)) {
      assert.ok(names.length > 0 && names.every((name) => entityNames.includes(name)));
      assert.ok(create({ profile }).detectors.length > 0);
    }
    const pci = [ruleOf(create({ profile: 'pci' }))];
    assert.equal(
      await filterWhole(pci, 'jane@example.com 4111111111111111'),
      'jane@example.com [redacted:card]',
    );
    assert.throws(
      () => create({ profile: 'pci', entities: ['card'] }),
      /either entities or profile/u,
    );
    assert.ok(!defaultEntities.includes('person') && !defaultEntities.includes('url'));
  });

  test('unknown names are configuration errors', () => {
    assert.throws(() => piiGuard.config.parse({ entities: ['emial'] }), /an entity is one of/u);
    assert.throws(() => piiGuard.config.parse({ profile: 'gpdr' }), /gpdr|profile|Invalid/u);
    assert.throws(() => piiGuard.config.parse({ entitys: [] }), /entitys/u);
    assert.throws(
      () => create({ entities: ['card'], actions: { email: 'block' } }),
      /not looked for/u,
    );
  });

  test('no slice of 64 KB of hostile text holds the event loop for 50 ms', async () => {
    const hostile = [
      '1 ',
      '1-',
      '12 A',
      'a.',
      '12 ',
      '1234 ',
      '123-',
      'a@',
      'a@b.',
      '1:',
      'A1 ',
      '(0',
      '+1 ',
      'Via A',
      'DE12 ',
      '12 Main A ',
      '1.1.',
      '01 23 45 67 8',
      'tel 1234567 ',
      '+49 30 1234567 ',
    ].map((piece) => piece.repeat(Math.ceil(65_536 / piece.length)));
    const everything = [ruleOf(all)];
    for (const text of hostile) {
      await filterWhole(everything, text);
      const limitMs = paced(50);
      const startMs = cpuMs();
      await filterWhole(everything, text);
      const tookMs = cpuMs() - startMs;
      assert.ok(tookMs < limitMs, `${text.slice(0, 16)}: ${tookMs} ms of ${limitMs}`);
    }
  });
});
