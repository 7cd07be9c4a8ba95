/** PATCH: the operations of the standard, and those that identity providers send. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import type { JsonObject } from '#stdx/json.ts';

import { GROUP_TYPE, type ResourceType, USER_TYPE } from './attributes.ts';
import { applyPatch } from './patch.ts';
import type { Operation } from './patch-path.ts';

const ann: JsonObject = {
  userName: 'ann',
  displayName: 'Ann',
  name: { givenName: 'Ann', familyName: 'Low' },
  active: true,
  emails: [
    { value: 'ann@a.example', type: 'work', primary: true },
    { value: 'ann@b.example', type: 'home', primary: false },
  ],
};
const team: JsonObject = { displayName: 'Team', members: [{ value: 'a' }, { value: 'b' }] };

function patched(resource: JsonObject, type: ResourceType, ...operations: Operation[]): JsonObject {
  const done = applyPatch(resource, operations, type);
  assert.ok(done.ok, done.ok ? '' : done.error.detail);
  return done.value;
}
const user = (...operations: Operation[]): JsonObject => patched(ann, USER_TYPE, ...operations);
const group = (...operations: Operation[]): JsonObject => patched(team, GROUP_TYPE, ...operations);

const refusal = (operation: Operation, type = USER_TYPE): string | null => {
  const done = applyPatch(type === USER_TYPE ? ann : team, [operation], type);
  return done.ok ? 'done' : done.error.scimType;
};

describe('PATCH as Entra ID sends it', () => {
  test('active as text, and names of operations and attributes in any case', () => {
    assert.equal(user({ op: 'replace', path: 'active', value: 'False' })['active'], false);
    assert.equal(user({ op: 'replace', path: 'ACTIVE', value: 'True' })['active'], true);
  });

  test('paths as members of an object, with dots, filters and the URN of an extension', () => {
    const next = user({
      op: 'replace',
      value: {
        displayName: 'Ann B.',
        'name.familyName': 'Bee',
        'emails[type eq "work"].value': 'ann@c.example',
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department': 'R&D',
      },
    });
    assert.equal(next['displayName'], 'Ann B.');
    assert.deepEqual(next['name'], { givenName: 'Ann', familyName: 'Bee' });
    assert.deepEqual(next['emails'], [
      { value: 'ann@b.example', type: 'home', primary: false },
      { value: 'ann@c.example', type: 'work', primary: true },
    ]);
  });

  test('an address that is not there yet is made from what the path says of it', () => {
    const value = 'ann@d.example';
    const next = user({ op: 'add', path: 'emails[type eq "other"].value', value });
    assert.deepEqual(Array.isArray(next['emails']) && next['emails'][2], { type: 'other', value });
  });

  test('members that are to go are listed, and the others stay', () => {
    const next = group({ op: 'remove', path: 'members', value: [{ $ref: null, value: 'a' }] });
    assert.deepEqual(next['members'], [{ value: 'b' }]);
  });
});

describe('PATCH as Okta sends it', () => {
  test('an object without a path; the id in it is passed over', () => {
    assert.equal(user({ op: 'replace', value: { active: false } })['active'], false);
    const next = group({ op: 'replace', value: { id: 'x', displayName: 'New' } });
    assert.deepEqual(next, { ...team, displayName: 'New' });
  });

  test('members by filter, by list, and all of them', () => {
    assert.deepEqual(group({ op: 'remove', path: 'members[value eq "a"]' })['members'], [
      { value: 'b' },
    ]);
    const added = group({ op: 'add', path: 'members', value: [{ value: 'c', display: 'x' }] });
    assert.deepEqual(added['members'], [{ value: 'a' }, { value: 'b' }, { value: 'c' }]);
    const replaced = group({ op: 'replace', path: 'members', value: [{ value: 'd' }] });
    assert.deepEqual(replaced['members'], [{ value: 'd' }]);
    assert.equal(group({ op: 'remove', path: 'members' })['members'], undefined);
  });
});

describe('PATCH of the standard', () => {
  test('what is there already is there once', () => {
    assert.deepEqual(group({ op: 'add', path: 'members', value: { value: 'a' } }), team);
  });

  test('with the URN of the resource before the attribute', () => {
    const path = `${USER_TYPE.urn}:displayName`;
    assert.equal(user({ op: 'replace', path, value: 'A' })['displayName'], 'A');
    assert.equal(user({ op: 'remove', path })['displayName'], undefined);
  });

  test('every refusal has its type', () => {
    assert.equal(refusal({ op: 'remove' }), 'noTarget');
    assert.equal(
      refusal({ op: 'replace', path: 'emails[type eq "x"].value', value: 'y' }),
      'noTarget',
    );
    assert.equal(refusal({ op: 'replace', path: 'nothing', value: 'y' }), 'invalidPath');
    assert.equal(refusal({ op: 'replace', path: 'emails[type eq', value: 'y' }), 'invalidPath');
    assert.equal(refusal({ op: 'replace', path: '__proto__.polluted', value: 'y' }), 'invalidPath');
    assert.equal(refusal({ op: 'replace', path: 'id', value: 'y' }), 'mutability');
    assert.equal(refusal({ op: 'replace', path: 'meta.created', value: 'y' }), 'mutability');
    assert.equal(refusal({ op: 'replace', path: 'active', value: 'perhaps' }), 'invalidValue');
    assert.equal(refusal({ op: 'add', path: 'displayName' }), 'invalidValue');
    assert.equal(refusal({ op: 'add', value: 'x' }), 'invalidValue');
    assert.equal(refusal({ op: 'add', path: 'members', value: 'x' }, GROUP_TYPE), 'invalidValue');
  });

  test('nothing holds of a list of operations of which one does not', () => {
    const before = structuredClone(ann);
    const operations: Operation[] = [
      { op: 'replace', path: 'displayName', value: 'X' },
      { op: 'remove', path: 'emails' },
      { op: 'replace', path: 'nothing', value: 1 },
    ];
    assert.ok(!applyPatch(ann, operations, USER_TYPE).ok);
    assert.deepEqual(ann, before);
  });

  test('two hundred changes of five thousand members hold nobody up', () => {
    const members = Array.from({ length: 4_800 }, (_, at) => ({ value: `user-${at}` }));
    const whole = { displayName: 'Team', members };
    const adding = Array.from({ length: 200 }, (_, at): Operation => {
      return { op: 'add', path: 'members', value: [{ value: `new-${at}` }] };
    });
    const taking = Array.from({ length: 200 }, (_, at): Operation => {
      return { op: 'remove', path: `members[value eq "user-${at}"]` };
    });
    for (const [operations, count] of [
      [adding, 5_000],
      [taking, 4_600],
    ] as const) {
      const startMs = performance.now();
      const after = patched(whole, GROUP_TYPE, ...operations);
      const tookMs = performance.now() - startMs;
      const { members: left } = after;
      assert.equal(Array.isArray(left) ? left.length : left, count);
      // One after another they took 350 ms and more.
      assert.ok(tookMs < 150, `${tookMs} ms`);
    }
  });

  test('members after any order of adding and taking away are those of a set', () => {
    const step = fc.record({
      op: fc.constantFrom('add' as const, 'remove' as const),
      who: fc.constantFrom('a', 'b', 'c', 'd'),
      isFiltered: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const set = new Set(['a', 'b']);
        const operations = steps.map(({ op, who, isFiltered }): Operation => {
          if (op === 'add') set.add(who);
          else set.delete(who);
          return op === 'remove' && isFiltered
            ? { op, path: `members[value eq "${who}"]` }
            : { op, path: 'members', value: [{ value: who }] };
        });
        const { members } = group(...operations);
        const ids = (Array.isArray(members) ? members : []).map((one) => JSON.stringify(one));
        assert.deepEqual(new Set(ids), new Set([...set].map((value) => JSON.stringify({ value }))));
        assert.equal(ids.length, set.size);
      }),
    );
  });
});
