/**
 * TEN-01 and TEN-02: two tenants use the same routes of one gateway at once, at random, each trying the
 * other's ids as well as its own. Every text of a tenant holds a word of its own, and no answer to one
 * ever holds the other's; what is the other's answers as what does not exist, to the byte.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { type Admin, openAdmin } from '../support/admin.ts';
import { bearer, chat, type House, openHouse } from '../support/house.ts';
import { chunk, completion, json, openUpstream, sse, UPSTREAM_ENV } from '../support/upstream.ts';

const STEPS = 10_000;
/** Walkers of each tenant, each with one step at a time. */
const WALKERS = 4;

type Name = 'acme' | 'rival';
const OTHER: Readonly<Record<Name, Name>> = { acme: 'rival', rival: 'acme' };

/** Numbers that are the same for the same seed (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

interface Tenant {
  readonly name: Name;
  /** In every name, id and text of the tenant. */
  readonly canary: string;
  readonly key: string;
  readonly admin: string;
  readonly requests: string[];
  /** Paths below `/admin/v1/` of what it has made, by kind. */
  readonly objects: Record<Kind, string[]>;
}

const KINDS = ['keys', 'teams', 'users', 'service-accounts', 'bindings', 'roles'] as const;
type Kind = (typeof KINDS)[number];
/** Of the form of ids, and of nobody. */
const NOBODYS: Readonly<Record<Kind, string>> = {
  keys: 'keys/key_000000000000',
  teams: 'teams/nobody',
  users: 'users/nobody',
  'service-accounts': 'service-accounts/sva_000000000000',
  bindings: 'bindings/bnd_00000000000000000000',
  roles: 'tenants/nobody/roles/none',
};

const yaml = (url: string, canaries: Readonly<Record<Name, string>>): string => `
providers: { local: { type: openai, baseUrl: "${url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true } }
models:
  demo: { deployments: [{ provider: local, model: m }] }
  ${canaries.acme}-model: { deployments: [{ provider: local, model: m }] }
  ${canaries.rival}-model: { deployments: [{ provider: local, model: m }] }
guards:
  - { name: injection, type: prompt-injection, on: [request], action: alert }
  - { name: mail, type: pii, entities: [email], on: [request, reply], action: pseudonymise }
tenants:
${(['acme', 'rival'] as const)
  .map(
    (name) => `  - id: ${name}
    roles: { own: { allow: [{ actions: ["*"], models: [demo, "${canaries[name]}*"] }] } }
    guards: [{ name: ${name}-house, type: topics, on: [request], rules: [{ match: "falcon", action: ${name === 'acme' ? 'block' : 'alert'} }] }]`,
  )
  .join('\n')}
`;

interface Told {
  readonly status: number;
  readonly text: string;
  readonly requestId: string;
}

const plain = ({ status, text }: Told): string =>
  `${status} ${text.replaceAll(/req_\w+/gu, 'req')}`;

class Walk {
  readonly #house: House;
  readonly #random: (below: number) => number;
  readonly counts = new Map<string, number>();

  constructor(house: House, random: (below: number) => number) {
    this.#house = house;
    this.#random = random;
  }

  async step(own: Tenant, other: Tenant): Promise<void> {
    const steps = [
      () => this.#say(own, false),
      () => this.#say(own, true),
      () => this.#say(own, false, `${own.canary}-model`),
      () => this.#blocked(own),
      () => this.#models(own, other),
      () => this.#decision(own, other),
      () => this.#list(own),
      () => this.#make(own),
      () => this.#read(own),
      () => this.#steal(own, other),
      () => this.#steal(own, other),
      () => this.#makeElsewhere(own),
      () => this.#model(own, other),
    ];
    const told = await steps[this.#random(steps.length)]?.();
    for (const { text } of told ?? []) {
      assert.ok(!text.includes(other.canary), `${own.name} sees ${other.name}'s: ${text}`);
    }
  }

  #note(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  async #ask(own: Tenant, method: string, path: string, body?: object): Promise<Told> {
    const isAdmin = !path.startsWith('v1/');
    const base = isAdmin ? `${this.#house.adminUrl}/admin/v1/` : `${this.#house.url}/`;
    const response = await fetch(base + path, {
      method,
      headers: {
        ...bearer(isAdmin ? own.admin : own.key),
        'content-type': 'application/json',
        'if-match': '"1"',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const requestId = response.headers.get('x-request-id') ?? '';
    const headers = [...response.headers].join('\n');
    return { status: response.status, text: `${headers}\n${await response.text()}`, requestId };
  }

  /** The same prompt from both, so that whatever remembers texts is asked for both. */
  async #say(own: Tenant, isStreamed: boolean, model = 'demo'): Promise<Told[]> {
    const same = `Write to someone@example.com about the weather. ${'And the rain. '.repeat(40)}`;
    const text = this.#random(2) === 0 ? `${same} ${own.canary}` : same;
    const body = { ...chat(text, { stream: isStreamed }), model };
    const told = await this.#ask(own, 'POST', 'v1/chat/completions', body);
    assert.equal(told.status, 200, told.text);
    // The provider says whose model it was asked for, and whose words it has seen.
    if (text.includes(own.canary)) assert.ok(told.text.includes(own.canary));
    own.requests.push(told.requestId);
    this.#note(isStreamed ? 'stream' : 'call');
    return [told];
  }

  /** A guard of one tenant blocks nothing of another. */
  async #blocked(own: Tenant): Promise<Told[]> {
    const told = await this.#ask(own, 'POST', 'v1/chat/completions', chat('about a falcon'));
    assert.equal(told.status, own.name === 'acme' ? 400 : 200);
    own.requests.push(told.requestId);
    this.#note('guarded');
    return [told];
  }

  async #models(own: Tenant, other: Tenant): Promise<Told[]> {
    const told = await this.#ask(own, 'GET', 'v1/models');
    assert.ok(told.text.includes(`${own.canary}-model`));
    assert.ok(!told.text.includes(`${other.canary}-model`));
    this.#note('models');
    return [told];
  }

  async #model(own: Tenant, other: Tenant): Promise<Told[]> {
    const theirs = await this.#ask(own, 'GET', `v1/models/${other.canary}-model`);
    const nobodys = await this.#ask(own, 'GET', 'v1/models/nobody-model');
    assert.equal(theirs.status, 404);
    assert.equal(theirs.status, nobodys.status);
    const body = chat('hello');
    const asked = ['nobody-model', `${other.canary}-model`].map((model) =>
      this.#ask(own, 'POST', 'v1/chat/completions', { ...body, model }),
    );
    const [none, forbidden] = await Promise.all(asked);
    assert.equal(bodyOf(none), bodyOf(forbidden));
    this.#note('model');
    return [theirs, nobodys];
  }

  async #decision(own: Tenant, other: Tenant): Promise<Told[]> {
    const [mine, theirs] = [own, other].map(({ requests }) => this.#one(requests));
    const told: Told[] = [];
    if (mine !== undefined) told.push(await this.#ask(own, 'GET', `v1/decisions/${mine}`));
    if (theirs !== undefined) {
      const stolen = await this.#ask(own, 'GET', `v1/decisions/${theirs}`);
      const none = await this.#ask(own, 'GET', 'v1/decisions/req_nobodys');
      assert.equal(stolen.status, 404);
      assert.equal(bodyOf(stolen), bodyOf(none));
      told.push(stolen);
    }
    this.#note('decision');
    return told;
  }

  async #list(own: Tenant): Promise<Told[]> {
    const lists = [...KINDS.filter((one) => one !== 'roles'), 'tool-pins', 'approvals', 'tenants'];
    const path = [...lists, `tenants/${own.name}/roles`][this.#random(lists.length + 1)] ?? '';
    const told = await this.#ask(own, 'GET', `${path}?limit=100`);
    assert.equal(told.status, 200, told.text);
    assert.ok(!told.text.includes(`"${OTHER[own.name]}"`), 'its tenant is not even named');
    this.#note('list');
    return [told];
  }

  async #make(own: Tenant): Promise<Told[]> {
    const kind = KINDS[this.#random(5)] ?? 'keys';
    // A tenant with a hundred objects of a kind is large enough, and lists stay cheap.
    if (own.objects[kind].length >= 100) return [];
    const told = await this.#ask(own, 'POST', kind, newObject(kind, own, own.name));
    assert.equal(told.status, 201, told.text);
    own.objects[kind].push(`${kind}/${/"id":"(?<id>[^"]+)"/u.exec(told.text)?.groups?.['id']}`);
    this.#note('made');
    return [told];
  }

  async #makeElsewhere(own: Tenant): Promise<Told[]> {
    const kind = KINDS[this.#random(4)] ?? 'keys';
    const [theirs, nobodys] = await Promise.all(
      [OTHER[own.name], 'nobody'].map((tenant) =>
        this.#ask(own, 'POST', kind, newObject(kind, own, tenant)),
      ),
    );
    assert.equal(theirs?.status, 404, theirs?.text);
    assert.equal(bodyOf(theirs), bodyOf(nobodys));
    this.#note('made elsewhere');
    return theirs === undefined ? [] : [theirs];
  }

  async #read(own: Tenant): Promise<Told[]> {
    const path = this.#one(own.objects[KINDS[this.#random(KINDS.length)] ?? 'keys']);
    if (path === undefined) return [];
    const told = await this.#ask(own, 'GET', path);
    assert.equal(told.status, 200, told.text);
    this.#note('read');
    return [told];
  }

  /** An id of the other, read, changed and removed. */
  async #steal(own: Tenant, other: Tenant): Promise<Told[]> {
    const kind = KINDS[this.#random(KINDS.length)] ?? 'keys';
    const path = this.#one(other.objects[kind]);
    if (path === undefined) return [];
    const method = ['GET', 'PATCH', 'DELETE'][this.#random(3)] ?? 'GET';
    const body = method === 'PATCH' ? editOf(kind) : undefined;
    const theirs = await this.#ask(own, method, path, body);
    const nobodys = await this.#ask(own, method, NOBODYS[kind], body);
    // Roles are no operator's to write: then that is what both are told.
    assert.ok(theirs.status === 404 || (kind === 'roles' && theirs.status === 403), theirs.text);
    assert.equal(bodyOf(theirs), bodyOf(nobodys));
    this.#note(`stolen ${method}`);
    return [theirs];
  }

  #one<T>(among: readonly T[]): T | undefined {
    return among[this.#random(Math.max(1, among.length))];
  }
}

const bodyOf = (told: Told | undefined): string =>
  told === undefined ? '' : plain({ ...told, text: told.text.slice(told.text.indexOf('{')) });

const editOf = (kind: Kind): object => {
  if (kind === 'bindings') return { users: ['eve'] };
  if (kind === 'service-accounts') return { description: 'taken over' };
  return kind === 'roles' ? { allow: [] } : { name: 'taken over' };
};

let made = 0;
function newObject(kind: Kind, { canary }: Tenant, tenant: string): object {
  made += 1;
  const id = `${canary}-${made}`;
  if (kind === 'keys') return { tenant, name: id, user: id };
  if (kind === 'bindings') return { tenant, role: 'viewer', users: [id] };
  if (kind === 'service-accounts') return { tenant, name: id };
  return { tenant, id, name: id };
}

async function openTenant(name: Name, canary: string, house: House, admin: Admin): Promise<Tenant> {
  const token = await admin.done('POST', 'admin-tokens', { role: 'operator', tenant: name });
  const role = { name: `${canary}-role`, allow: [{ actions: ['chat'], models: [canary] }] };
  await admin.done('POST', `tenants/${name}/roles`, role);
  return {
    name,
    canary,
    key: await house.key({ tenant: name, roles: ['own'], user: canary }),
    admin: String(token.body['token']),
    requests: [],
    objects: {
      keys: [],
      teams: [],
      users: [],
      'service-accounts': [],
      bindings: [],
      roles: [`tenants/${name}/roles/${role.name}`],
    },
  };
}

/** Says back what it was asked, so that an answer that went astray is seen. */
const openEcho = () =>
  openUpstream((seen, response) => {
    const text = JSON.stringify(seen.json['messages']);
    if (seen.json['stream'] !== true) {
      json(response, 200, completion(text));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let at = 0; at < text.length; at += 97) response.write(chunk(text.slice(at, at + 97)));
    response.end(chunk('', 'stop') + sse('[DONE]'));
  });

test(`TEN-01, TEN-02: ${STEPS} steps of two tenants at once, and neither sees anything of the other`, async () => {
  const seed = randomBytes(4).readUInt32LE();
  const canaryOf = (name: Name): string => `${name}${randomBytes(6).toString('hex')}`;
  const canaries = { acme: canaryOf('acme'), rival: canaryOf('rival') };
  const echo = await openEcho();
  const house = await openHouse(yaml(echo.url, canaries), UPSTREAM_ENV);
  try {
    const admin = await openAdmin(house);
    const acme = await openTenant('acme', canaries.acme, house, admin);
    const rival = await openTenant('rival', canaries.rival, house, admin);
    const walk = new Walk(house, randomOf(seed));
    let left = STEPS;
    const walker = async (own: Tenant, other: Tenant): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await walk.step(own, other);
        echo.seen.length = 0;
      }
    };
    const walkers = Array.from({ length: WALKERS * 2 }, (_, index) =>
      index % 2 === 0 ? walker(acme, rival) : walker(rival, acme),
    );
    await Promise.all(walkers);
    for (const what of ['call', 'stream', 'guarded', 'decision', 'list', 'read', 'stolen GET']) {
      assert.ok((walk.counts.get(what) ?? 0) > 100, `${what}: ${walk.counts.get(what)}`);
    }
    await partitioned(house, { acme, rival });
  } catch (thrown) {
    throw new Error(`seed ${seed}`, { cause: thrown });
  } finally {
    await house.close();
    await echo.close();
  }
});

/** Records of a tenant hold nothing of another, and nothing that was tried has changed anything. */
async function partitioned(house: House, tenants: Readonly<Record<Name, Tenant>>): Promise<void> {
  const records = await house.records();
  assert.ok(records.length > STEPS / 3);
  for (const own of Object.values(tenants)) {
    const other = tenants[OTHER[own.name]];
    const ofOwn = records.filter(({ tenant }) => tenant === own.name);
    assert.ok(ofOwn.length > STEPS / 8);
    // What was refused names what its own actor has written, which is all that it may hold.
    const told = ofOwn.map((one) => (one.decision === 'deny' ? { ...one, resource: '' } : one));
    assert.ok(!JSON.stringify(told).includes(other.canary));
    const { storage } = house.running.world;
    for (const kind of ['keys', 'teams', 'users', 'service-accounts', 'bindings'] as const) {
      const from = kind === 'service-accounts' ? storage.serviceAccounts : storage[kind];
      const { items } = await from.list({ tenant: own.name, limit: 1_000 });
      const text = JSON.stringify(items);
      assert.ok(
        !text.includes(other.canary) && !text.includes('taken over') && !text.includes('"eve"'),
      );
      // The tenant's own first key is beside those that were made.
      assert.equal(items.length, own.objects[kind].length + (kind === 'keys' ? 1 : 0), kind);
    }
  }
}
