/** The compose files: what they name is there, and the configurations in them run on real servers. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, describe, test } from 'node:test';

import { Redis } from 'ioredis';
import { parse } from 'yaml';

import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';

import { ROOT } from '../../scripts/package/bundle.ts';
import { GatewayFolder } from '../support/gateway-process.ts';
import { bearer, chat, post } from '../support/house.ts';
import { stagesOf } from '../support/dockerfile.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { eventually, programOf } from '../support/programs.ts';
import { gatewayUser, openTestValkey } from '../support/valkey.ts';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly depends_on?: Readonly<Record<string, object>> | readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly user?: string;
  readonly network_mode?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly stop_grace_period?: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

const FILES = ['compose.yaml', 'deploy/compose/full.yaml'] as const;
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const composeOf = (name: string): Compose => parse(read(name), { merge: true }) as Compose;
const servicesOf = (name: string) => Object.entries(composeOf(name).services);
const FULL = join(ROOT, 'deploy', 'compose');

const into = mkdtempSync(join(tmpdir(), 'llmproxy-compose-'));
after(() => rmSync(into, { recursive: true, force: true }));

/** As `secrets.sh` makes them, in a copy of the folder. */
const copy = join(into, 'compose');
cpSync(FULL, copy, { recursive: true });
const made = spawnSync(join(copy, 'secrets.sh'), { encoding: 'utf8' });
const secret = (name: string): string => readFileSync(join(copy, 'secrets', name), 'utf8').trim();

describe('compose files', () => {
  for (const name of FILES) {
    test(`${name}: every path, volume, secret and service that is named is there`, () => {
      assert.equal(made.status, 0, made.stderr);
      const { services, volumes, secrets = {} } = composeOf(name);
      assert.ok(Object.keys(services).length > 0);
      const at = (path: string): string => resolve(ROOT, dirname(name), path);
      const used = new Set<string>();
      for (const [service, about] of Object.entries(services)) {
        for (const mount of about.volumes ?? []) {
          const [source = '', target = ''] = mount.split(':');
          assert.match(target, /^\//u);
          if (source.startsWith('.')) assert.ok(existsSync(at(source)), `${service}: ${source}`);
          else assert.ok(source in volumes && used.add(source), `${service}: ${source}`);
        }
        for (const one of about.secrets ?? []) {
          assert.ok(one in secrets && used.add(one), `${service}: ${one}`);
          assert.ok(existsSync(join(copy, secrets[one]?.file ?? '')), `secrets.sh makes ${one}`);
        }
        const before = about.depends_on ?? [];
        for (const other of Array.isArray(before) ? before : Object.keys(before))
          assert.ok(String(other) in services, `${service}: ${String(other)}`);
        if (about.build !== undefined) assert.ok(existsSync(join(at(about.build), 'Dockerfile')));
      }
      for (const one of [...Object.keys(volumes), ...Object.keys(secrets)])
        assert.ok(used.has(one), `${one} is used`);
    });

    test(`${name}: nothing is more open than it must be`, () => {
      for (const [service, about] of servicesOf(name)) {
        assert.match(about.image ?? '', /:(?!latest)[\w.-]+$/u, service);
        assert.ok(about.privileged !== true && about.network_mode !== 'host', service);
        assert.ok(
          about.security_opt?.includes('no-new-privileges:true') || service === '',
          service,
        );
        for (const port of about.ports ?? []) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/u);
        for (const [variable, value] of Object.entries(about.environment ?? {}))
          if (/password|secret|token/iu.test(variable)) assert.match(value, /^\/run\/secrets\//u);
        if (!about.image?.startsWith('llmproxy:')) continue;
        assert.deepEqual([about.read_only, about.cap_drop, about.user], [true, ['ALL'], undefined]);
      }
    });
  }

  test('mount what the image reads, publish what it exposes, start what is in it', () => {
    const last = stagesOf(read('Dockerfile')).at(-1);
    const exposed = last?.steps.find(({ word }) => word === 'EXPOSE')?.text.split(' ') ?? [];
    const command = last?.steps.find(({ word }) => word === 'CMD')?.list ?? [];
    const volume = last?.steps.find(({ word }) => word === 'VOLUME')?.list?.[0];
    assert.deepEqual(exposed, ['8080', '8081']);
    let gateways = 0;
    for (const [service, { image, volumes = [], ports = [], entrypoint }] of FILES.flatMap(
      servicesOf,
    )) {
      if (!image?.startsWith('llmproxy:')) continue;
      for (const port of ports) assert.ok(exposed.includes(port.split(':').at(-1) ?? ''));
      const targets = volumes.map((mount) => mount.split(':')[1]);
      if (entrypoint !== undefined) {
        assert.match(read('Dockerfile'), new RegExp(`COPY .* ${entrypoint[1]}\n`, 'u'));
        assert.deepEqual(targets, entrypoint.slice(2), service);
        continue;
      }
      gateways += 1;
      assert.deepEqual(targets, [command.at(-1), volume], service);
    }
    assert.equal(gateways, 3);
  });

  test('wait for a drain as long as it may take', async () => {
    for (const [name, file] of [
      ['compose.yaml', 'llmproxy.yaml'],
      ['deploy/compose/full.yaml', 'full-llmproxy.yaml'],
    ] as const) {
      const loaded = await checkConfig(
        read(`deploy/compose/${file}`).replaceAll('/run/secrets', join(copy, 'secrets')),
        join(copy, file),
        {},
      );
      assert.ok(loaded.ok, loaded.ok ? '' : formatIssues(loaded.problems));
      const { drainDelay, drainLimit } = loaded.config.server;
      for (const [, { image, entrypoint, stop_grace_period: grace }] of servicesOf(name))
        if (image?.startsWith('llmproxy:') && entrypoint === undefined)
          assert.ok(Number.parseInt(grace ?? '', 10) * 1_000 > drainDelay.ms + drainLimit.ms);
    }
  });

  test('HAProxy and Prometheus take their files, which name services and ports that are there', async () => {
    const haproxy = await programOf('/usr/sbin/haproxy', 'haproxy');
    const checked = spawnSync(haproxy, ['-c', '-f', join(FULL, 'haproxy.cfg')], {
      encoding: 'utf8',
    });
    assert.equal(checked.status, 0, checked.stderr);
    const promtool = await programOf('/usr/bin/promtool', 'prometheus');
    const config = join(into, 'prometheus.yml');
    const rules = join(ROOT, 'deploy', 'prometheus', 'alerts.yaml');
    writeFileSync(
      config,
      read('deploy/compose/prometheus.yml').replace('/etc/prometheus/alerts.yaml', rules),
    );
    const ran = spawnSync(promtool, ['check', 'config', config], { encoding: 'utf8' });
    assert.equal(ran.status, 0, ran.stdout + ran.stderr);
    const { services } = composeOf('deploy/compose/full.yaml');
    const places = [
      ...read('deploy/compose/haproxy.cfg').matchAll(
        /^ {2}server \S+ (?<host>[\w-]+):(?<port>\d+)/gmu,
      ),
      ...read('deploy/compose/prometheus.yml').matchAll(/(?<host>gateway-\w):(?<port>\d+)/gu),
      ...read('deploy/compose/grafana/datasource.yaml').matchAll(/\/\/(?<host>\w+):(?<port>\d+)/gu),
      ...read('deploy/compose/full-llmproxy.yaml').matchAll(/@(?<host>\w+):(?<port>\d+)/gu),
    ];
    assert.equal(places.length, 9);
    const ports = { prometheus: '9090', postgres: '5432', valkey: '6379' };
    for (const { groups } of places) {
      const [host = '', port = ''] = [groups?.['host'], groups?.['port']];
      assert.ok(host in services, host);
      if (host in ports) assert.equal(port, ports[host as keyof typeof ports]);
      else assert.ok(['8080', '8081'].includes(port), port);
    }
    // Grafana looks for dashboards where the shipped one is mounted.
    const { path } = (
      parse(read('deploy/compose/grafana/dashboards.yaml')) as {
        providers: { options: { path: string } }[];
      }
    ).providers[0]?.options ?? { path: '' };
    assert.ok(
      services['grafana']?.volumes?.includes(`../grafana/llmproxy.json:${path}/llmproxy.json:ro`),
    );
  });

  test('secrets.sh makes random ones, once, in a folder that is closed', () => {
    const before = secret('postgres-gateway');
    assert.match(before, /^[0-9a-f]{48}$/u);
    assert.notEqual(before, secret('valkey-gateway'));
    assert.equal(spawnSync(join(copy, 'secrets.sh')).status, 0);
    assert.equal(secret('postgres-gateway'), before);
    assert.equal(statSync(join(copy, 'secrets')).mode & 0o777, 0o700);
    // What it makes is in no commit and in no image.
    const ignored = spawnSync('git', ['check-ignore', 'deploy/compose/secrets/valkey-acl'], {
      cwd: ROOT,
    });
    assert.equal(ignored.status, 0);
  });
});

test('the two gateways of the full set serve one store, with the rights that their files give', async (t) => {
  const [postgres, valkey] = [await openTestPostgres(), await openTestValkey()];
  t.after(() => Promise.all([postgres.close(), valkey.close()]));
  const client = await valkey.client();
  const [, gateway = ''] = secret('valkey-acl').split('\n');
  const [, name = '', ...rights] = gateway.split(' ');
  assert.deepEqual(
    [name, ...rights],
    gatewayUser(secret('valkey-gateway'), 'llmproxy'),
    'as the guide says',
  );
  await client.call('ACL', 'SETUSER', name, 'reset', ...rights);
  const url = new URL(postgres.url);
  // As the image of PostgreSQL runs it; the superuser of the tests has the name that is made here.
  const script = readFileSync(join(copy, 'postgres-init.sh'), 'utf8')
    .replaceAll('llmproxy', 'composed')
    .replaceAll('/run/secrets', join(copy, 'secrets'))
    .replace('--username postgres', '--dbname postgres');
  const psql = dirname(await programOf('/usr/lib/postgresql/*/bin/psql', 'postgresql'));
  const env = {
    PATH: `${psql}:/usr/bin:/bin`,
    PGHOST: url.hostname,
    PGPORT: url.port,
    PGUSER: url.username,
    PGPASSWORD: url.password,
  };
  const ran = spawnSync('/bin/sh', ['-c', script], { env, encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);

  const yaml = readFileSync(join(copy, 'full-llmproxy.yaml'), 'utf8')
    .replace(/^version: 1\ndataDir: .*$/mu, '')
    .replace(/^admin:\n.*$/mu, '')
    .replace('0.0.0.0:8080', '127.0.0.1:0')
    .replace('drainDelay: 6s', 'drainDelay: 0s')
    .replace('llmproxy@postgres:5432/llmproxy', `composed@${url.host}/composed`)
    .replace('valkey:6379', new URL(valkey.url).host)
    .replaceAll('/run/secrets', join(copy, 'secrets'));
  const folders = [new GatewayFolder(yaml), new GatewayFolder(yaml)] as const;
  t.after(() => folders.forEach((folder) => folder.remove()));
  const first = await folders[0].start();
  // The service `keys`.
  const dirs = folders.map(({ dir }) => join(dir, 'data'));
  mkdirSync(dirs[1] ?? '');
  const lay = (): number | null =>
    spawnSync(process.execPath, [join(ROOT, 'deploy/container/lay-keys.cjs'), ...dirs]).status;
  assert.equal(lay(), 0);
  assert.equal(statSync(join(dirs[1] ?? '', 'pepper')).mode & 0o777, 0o600);
  const second = await folders[1].start();
  const headers = bearer(folders[0].key('acme').key);
  for (const { url: at } of [first, second])
    await eventually(async () => {
      const body = { ...chat('hello'), model: 'demo' };
      assert.equal((await post(`${at}/v1/chat/completions`, body, headers)).status, 200);
    });
  // The counters are where they are said to be, and the user may do nothing else there.
  assert.ok((await client.keys('{llmproxy}:*')).length > 0);
  const plain = new Redis({
    host: '127.0.0.1',
    port: Number(new URL(valkey.url).port),
    username: 'gateway',
    password: secret('valkey-gateway'),
    retryStrategy: () => null,
  });
  t.after(() => plain.disconnect());
  await assert.rejects(plain.call('FLUSHALL'), /NOPERM/u);
  await assert.rejects(plain.call('GET', 'other'), /NOPERM/u);
  // Laid again it changes nothing; another pepper is not written over.
  assert.equal(lay(), 0);
  writeFileSync(join(dirs[0] ?? '', 'pepper'), 'another');
  assert.equal(lay(), 1);
});
