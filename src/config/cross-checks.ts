/**
 * What one section says of another: names that must exist and names that must be unique, weak
 * secrets. They look at the file as it was read, so that they run even where the schema has found
 * something: an operator sees all problems at once. Values are never quoted.
 */
import { referredSealed } from '#custody/sealed.ts';
import { BUILT_IN_ROLES } from '#policy/access/roles.ts';
import { isJsonObject, type JsonValue } from '#stdx/json.ts';

import { alertRuleProblems } from './alert-rule-problems.ts';
import { nearest } from './did-you-mean.ts';
import { guardEntries } from './guard-entries.ts';
import { type Path, pathText, type Problem } from './issue.ts';
import { below } from './known-keys.ts';

export function crossProblems(root: JsonValue): Problem[] {
  return [
    ...uncheckedCertificates(root),
    ...unknownProviders(root),
    ...unknownRoles(root),
    ...repeated(root, 'tenants', 'id'),
    ...repeated(root, 'limits', 'name'),
    ...repeated(root, 'budgets', 'name', namesIn(root, 'limits')),
    ...repeated(root, 'alerts', 'name'),
    ...alertRuleProblems(root),
    ...repeatedGuards(root),
    ...unknownGuards(root),
    ...unknownModels(root),
    ...weakSecrets(root),
    ...unsharedLedger(root),
    ...ledgerApart(root),
    ...leasesOff(root),
    ...leasesOfOthers(root),
  ];
}

/** Counters that are lost begin from the ledger: one of this process alone knows only its own calls. */
function unsharedLedger(root: JsonValue): Problem[] {
  if (!isJsonObject(below(root, 'counters')) || listOf(below(root, 'budgets')).length === 0) {
    return [];
  }
  if (below(below(root, 'ledger'), 'type') === 'postgres' || isSharedStore(root)) return [];
  const message = 'budgets over shared counters need a ledger that is shared as well';
  const hint =
    'write ledger: { type: postgres, url: … } or storage: { type: postgres, url: … }, or leave `counters` out';
  return [{ path: ['counters'], message, hint }];
}

/** Where nothing is lent there is nothing to spend while the store is away. */
function leasesOff(root: JsonValue): Problem[] {
  const counters = below(root, 'counters');
  if (below(counters, 'leases') === true) return [];
  return ['limits', 'budgets'].flatMap((of) => {
    if (below(below(counters, 'onUnavailable'), of) !== 'lease') return [];
    const message = '`lease` spends what is on loan, and nothing is: `counters.leases` is off';
    const hint = 'write counters: { leases: true, … }, or use soft or deny';
    return [{ path: ['counters', 'onUnavailable', of], message, hint }];
  });
}

/** Workers ask a store that is shared themselves: their owner has nothing to lend. */
function leasesOfOthers(root: JsonValue): Problem[] {
  if (below(below(root, 'server'), 'workerLeases') !== true) return [];
  if (!isJsonObject(below(root, 'counters'))) return [];
  const message = 'workers lend from their owner, and `counters` says that a server counts';
  const hint = 'write counters: { leases: true, … } instead, or leave `counters` out';
  return [{ path: ['server', 'workerLeases'], message, hint }];
}

const isSharedStore = (root: JsonValue): boolean =>
  below(below(root, 'storage'), 'type') === 'postgres';

/** A store on a server has its ledger there: there is no file for one. */
function ledgerApart(root: JsonValue): Problem[] {
  if (!isSharedStore(root) || below(below(root, 'ledger'), 'type') !== 'sqlite') return [];
  const message = 'there is no embedded ledger where storage is postgres';
  const hint = 'leave `ledger` out: it is on the same server then';
  return [{ path: ['ledger', 'type'], message, hint }];
}

/** Certificates that nobody asks for would let nobody in, and nobody would know why. */
function uncheckedCertificates(root: JsonValue): Problem[] {
  if (listOf(below(below(root, 'auth'), 'mtls')).length === 0) return [];
  const clientAuth = below(below(below(root, 'server'), 'tls'), 'clientAuth');
  if (clientAuth === 'optional' || clientAuth === 'required') return [];
  const hint = 'set `server.tls.clientCa`, and `clientAuth` to optional or required';
  return [
    { path: ['auth', 'mtls'], message: 'the listener asks for no client certificates', hint },
  ];
}

const listOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value) ? value : [];

const entriesOf = (value: JsonValue | undefined): [string, JsonValue | undefined][] =>
  isJsonObject(value) ? Object.entries(value) : [];

/** `names` are keys of the file, so they may be shown; the value that is wrong may not. */
function unknownName(path: Path, found: string, what: string, names: readonly string[]): Problem {
  const near = nearest(found, names);
  const known =
    names.length === 0 ? 'none is declared' : `declared: ${names.slice(0, 20).join(', ')}`;
  const hint = near === null ? known : `did you mean \`${near}\`?`;
  return { path, message: `there is no such ${what}`, hint };
}

function unknownProviders(root: JsonValue): Problem[] {
  const names = entriesOf(below(root, 'providers')).map(([name]) => name);
  const problems: Problem[] = [];
  for (const [alias, model] of entriesOf(below(root, 'models'))) {
    for (const [index, deployment] of listOf(below(model, 'deployments')).entries()) {
      const provider = below(deployment, 'provider');
      if (typeof provider !== 'string' || names.includes(provider)) continue;
      const path = ['models', alias, 'deployments', index, 'provider'];
      problems.push(unknownName(path, provider, 'provider under `providers`', names));
    }
  }
  for (const [index, limit] of listOf(below(root, 'limits')).entries()) {
    for (const [at, provider] of listOf(below(limit, 'providers')).entries()) {
      if (typeof provider !== 'string' || names.includes(provider)) continue;
      // A limit on what does not exist limits nothing, and looks as if it did.
      const path = ['limits', index, 'providers', at];
      problems.push(unknownName(path, provider, 'provider under `providers`', names));
    }
  }
  return problems;
}

function unknownRoles(root: JsonValue): Problem[] {
  const problems: Problem[] = [];
  for (const [index, tenant] of listOf(below(root, 'tenants')).entries()) {
    const own = entriesOf(below(tenant, 'roles')).map(([name]) => name);
    const names = [...new Set([...own, ...BUILT_IN_ROLES.keys()])];
    for (const [at, binding] of listOf(below(tenant, 'bindings')).entries()) {
      const role = below(binding, 'role');
      if (typeof role !== 'string' || names.includes(role)) continue;
      problems.push(unknownName(['tenants', index, 'bindings', at, 'role'], role, 'role', names));
    }
    for (const [group, role] of entriesOf(below(below(tenant, 'scim'), 'groupRoles'))) {
      if (typeof role !== 'string' || names.includes(role)) continue;
      const path = ['tenants', index, 'scim', 'groupRoles', group];
      problems.push(unknownName(path, role, 'role', names));
    }
  }
  return problems;
}

function unknownModels(root: JsonValue): Problem[] {
  const names = entriesOf(below(root, 'models')).map(([name]) => name);
  const problems: Problem[] = [];
  for (const { entry, path } of guardEntries(root)) {
    for (const [at, model] of listOf(below(entry, 'models')).entries()) {
      if (typeof model !== 'string' || names.includes(model)) continue;
      // A guard for a model that does not exist guards nothing, and looks as if it did.
      problems.push(unknownName([...path, 'models', at], model, 'model under `models`', names));
    }
  }
  return problems;
}

/** Alerts of a guard that does not exist never come, and silence looks like peace. */
function unknownGuards(root: JsonValue): Problem[] {
  const names = guardEntries(root).flatMap(({ entry }) => {
    const name = below(entry, 'name');
    return typeof name === 'string' ? [name] : [];
  });
  const named = [...namedByAlerts(root), ...namedByRoles(root)];
  return named.flatMap(({ list, path }) =>
    [...listOf(list).entries()].flatMap(([at, guard]) => {
      if (typeof guard !== 'string' || names.includes(guard)) return [];
      return [unknownName([...path, at], guard, 'guard under `guards`', names)];
    }),
  );
}

interface Named {
  readonly list: JsonValue | undefined;
  readonly path: Path;
}

const namedByAlerts = (root: JsonValue): Named[] =>
  listOf(below(root, 'alerts')).map((target, index) => ({
    list: below(target, 'guards'),
    path: ['alerts', index, 'guards'],
  }));

const namedByRoles = (root: JsonValue): Named[] =>
  listOf(below(root, 'tenants')).flatMap((tenant, index) =>
    entriesOf(below(tenant, 'roles')).flatMap(([name, role]) =>
      listOf(below(role, 'allow')).map((rule, at) => ({
        list: below(rule, 'guards'),
        path: ['tenants', index, 'roles', name, 'allow', at, 'guards'],
      })),
    ),
  );

/** One name, one rule: records and metrics tell them apart by it. */
function repeatedGuards(root: JsonValue): Problem[] {
  const firsts = new Map<string, Path>();
  const problems: Problem[] = [];
  for (const { entry, path } of guardEntries(root)) {
    const name = below(entry, 'name');
    if (typeof name !== 'string') continue;
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, path);
    else {
      const hint = `it is the name of ${pathText(first)}`;
      problems.push({ path: [...path, 'name'], message: 'this name is taken', hint });
    }
  }
  return problems;
}

const namesIn = (root: JsonValue, section: string): ReadonlyMap<string, string> =>
  new Map(
    listOf(below(root, section)).flatMap((entry, index) => {
      const name = below(entry, 'name');
      return typeof name === 'string' ? [[name, `${section}[${index}]`]] : [];
    }),
  );

/** `others`: names of another section that share a space with these, and where they stand. */
function repeated(
  root: JsonValue,
  section: string,
  key: string,
  others: ReadonlyMap<string, string> = new Map(),
): Problem[] {
  const firsts = new Map(others);
  const problems: Problem[] = [];
  for (const [index, entry] of listOf(below(root, section)).entries()) {
    const name = below(entry, key);
    if (typeof name !== 'string') continue;
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, `${section}[${index}]`);
    else {
      const hint = `it is the ${key} of ${first}`;
      problems.push({ path: [section, index, key], message: `this ${key} is taken`, hint });
    }
  }
  return problems;
}

const WEAK =
  /^(?:sk-)?(?:1234(?:5(?:6(?:7(?:8(?:90?)?)?)?)?)?|changeme|change-me|password|passw0rd|secret|default|example|placeholder|test(?:ing)?|your[-_]?(?:api[-_]?)?key(?:[-_]?here)?|xxx+|\.\.\.|todo|none|null|undefined|admin|letmein|qwerty|apikey|api[-_]key|insert.*here)[!0-9]*$/iu;

function weakSecrets(root: JsonValue): Problem[] {
  const providers = entriesOf(below(root, 'providers')).map(([name, entry]) => ({
    entry,
    path: ['providers', name] as Path,
  }));
  return [...providers, ...guardEntries(root)].flatMap(({ entry, path }) => {
    const apiKey = below(entry, 'apiKey');
    // What is sealed was checked when it was.
    if (typeof apiKey !== 'string' || referredSealed(apiKey) !== null) return [];
    if (!isWeakSecret(apiKey)) return [];
    const message = 'this is a default, an example or too short to be a secret';
    const hint =
      'write ${env:NAME} or ${file:PATH} with the real key; leave apiKey out where the server needs none';
    return [{ path: [...path, 'apiKey'], message, hint }];
  });
}

export function isWeakSecret(text: string): boolean {
  const secret = text.trim();
  return (
    secret.length < 8 || secret.length > 8_192 || new Set(secret).size < 3 || WEAK.test(secret)
  );
}
