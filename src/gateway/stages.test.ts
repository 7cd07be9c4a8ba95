/** Documents of many passages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ContentBuilder } from '#domain/content.ts';
import { ruleOf, runOf } from '#policy/guards/guard.contract.ts';
import { secretsGuard } from '#policy/guards/secrets.ts';

import { turnsDuring } from '../../tests/support/turns.ts';
import { filterContent } from './stages.ts';

const KEY = ['sk', 'ant', 'a1B2c3D4e5F6g7H8i9J0k1L2'].join('-');

test('many passages are filtered each, and others have turns between them', async () => {
  const body = {
    all: Array.from({ length: 40 }, () => `${'plain words '.repeat(2_000)}${KEY} end`),
  };
  const builder = new ContentBuilder(body);
  builder.add(body, 'all', 'all', { position: 'user', trust: 'user' });
  const { run } = runOf(ruleOf(secretsGuard.create({ allow: [] })));
  const turns = await turnsDuring(async () => {
    assert.equal((await filterContent(builder.build(), run)).isEdited, true);
  });
  assert.ok(turns >= 10, `${turns} turns`);
  assert.ok(body.all.every((text) => !text.includes(KEY) && text.endsWith(' end')));
});
