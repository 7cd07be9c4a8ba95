import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JsonObject } from '#stdx/json.ts';

import { type OidcSection, ownerOf, personOfClaims, settingsOf, sidHashOf } from './oidc-claims.ts';

const section: OidcSection = {
  name: 'Example',
  issuer: 'https://login.example.com',
  clientId: 'llmproxy',
  clientSecret: '',
  publicUrl: 'https://gateway.example.com',
  scopes: [],
  loginClaim: 'email',
  groupsClaim: 'realm.groups',
  roles: [
    { group: 'leads', role: 'platform-admin', tenant: 'acme' },
    { group: 'staff', role: 'viewer' },
  ],
  allowPrivateAddress: false,
};

const personOf = (claims: JsonObject) => personOfClaims({ sub: 's1', ...claims }, section);

test('the first entry whose group a person has, by a dotted path, and no other', () => {
  const lead = personOf({ realm: { groups: ['staff', 'leads'] }, email: 'a@example.com' });
  assert.deepEqual(
    [lead?.role, lead?.tenant, lead?.login],
    ['platform-admin', 'acme', 'a@example.com'],
  );
  assert.deepEqual(personOf({ realm: { groups: 'staff' } })?.role, 'viewer');
  assert.equal(personOf({ realm: { groups: 'staff' } })?.tenant, null);
});

test('whoever has no group of the list, or a group of another form, is nobody', () => {
  for (const groups of [[], ['Leads'], ['leads '], [{ leads: true }], { leads: true }, 7, null]) {
    assert.equal(personOf({ realm: { groups } }), null);
  }
  assert.equal(personOf({ groups: ['leads'] }), null);
  assert.equal(personOf({}), null);
  assert.equal(personOf({ sub: '', realm: { groups: ['leads'] } }), null);
  assert.equal(personOf({ sub: 7, realm: { groups: ['leads'] } }), null);
});

test('a person is the issuer and the subject, whatever the claim of the name says', () => {
  const groups = { realm: { groups: ['staff'] } };
  const one = personOf({ ...groups, email: 'boss@example.com' });
  const other = personOf({ ...groups, sub: 's2', email: 'boss@example.com' });
  assert.notEqual(one?.owner, other?.owner);
  assert.equal(one?.owner, ownerOf(section.issuer, 's1'));
  assert.notEqual(ownerOf('https://a.example', 's1'), ownerOf(section.issuer, 's1'));
  assert.notEqual(sidHashOf('https://a.example', 'x'), sidHashOf(section.issuer, 'x'));
  // A name that could forge a line elsewhere is not shown.
  assert.equal(personOf({ ...groups, email: 'a\nadmin: x' })?.login, 's1');
});

test('whatever a role comes from is in the settings, and the secret is not', () => {
  const base = settingsOf(section);
  const changes: readonly Partial<OidcSection>[] = [
    { issuer: 'https://other.example.com' },
    { clientId: 'other' },
    { groupsClaim: 'groups' },
    { roles: section.roles.slice(1) },
  ];
  for (const change of changes) assert.notEqual(settingsOf({ ...section, ...change }), base);
  assert.equal(settingsOf({ ...section, clientSecret: 'another', name: 'New' }), base);
});
