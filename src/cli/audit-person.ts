/**
 * `llmproxy audit erase|subject`: forgetting a person, and giving them what is kept about them. Works on
 * the data folder, whether or not a gateway runs.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type Command, Option } from 'commander';

import { erasePerson } from '#audit/erase.ts';
import { erasureReceipt } from '#audit/erasure-receipt.ts';
import { proofText } from '#audit/merkle/record-proof.ts';
import { proveRecord } from '#audit/prove.ts';
import { readRecords, type StoredRecord } from '#audit/read.ts';
import type { Config } from '#config/config.ts';
import { Fault } from '#domain/fault.ts';
import { indexWhere } from '#runtime/audit-index/index-where.ts';
import { openIndex } from '#runtime/audit-index/open-index.ts';
import { openAuditContents, type OpenAuditContents } from '#runtime/audit/open-contents.ts';
import { openCustody } from '#runtime/custody.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { systemClock } from '#stdx/clock.ts';
import type { JsonObject } from '#stdx/json.ts';
import { ok, type Result } from '#stdx/result.ts';
import type { AuditIndex } from '#storage/audit-index.ts';
import type { Person } from '#storage/contents.ts';
import type { Storage, StorageWrites } from '#storage/storage.ts';

import { CliExit, type CliContext, EXIT, Progress, write, writeJson } from './context.ts';
import { actorName, configFor, withStore } from './settings.ts';

export interface Flags {
  readonly config?: string;
  readonly json?: boolean;
}

interface PersonFlags extends Flags {
  readonly tenant: string;
  readonly user?: string;
  readonly endUser?: string;
}

interface EraseFlags extends PersonFlags {
  readonly basis: string;
  readonly yes?: boolean;
}

export interface Opened extends OpenAuditContents {
  readonly dataDir: string;
  readonly storage: Storage;
  readonly config: Config;
}

const BASES = ['gdpr-17', 'contract', 'mistake', 'other'];

export function addPersonCommands(
  common: (name: string, description: string) => Command,
  context: CliContext,
): void {
  const person = (name: string, description: string): Command =>
    common(name, description)
      .requiredOption('--tenant <id>', 'whose user it is')
      .option('--user <id>', 'the user, as records name them')
      .option('--end-user <id>', 'the end user that an application named');
  person('erase', 'forget a person: values in the log, and what was said with its keys')
    .addOption(new Option('--basis <why>', 'why').choices(BASES).default('gdpr-17'))
    .option('--yes', 'do it; without it, only what would be erased is counted')
    .action((flags: EraseFlags) => erase(flags, context));
  person(
    'subject',
    'write what is kept about a person as JSON lines, each record with its proof',
  ).action((flags: PersonFlags) => subject(flags, context));
}

function personOf({ tenant, user, endUser }: PersonFlags): Person {
  if (user === undefined && endUser === undefined)
    throw new CliExit(EXIT.usage, 'name the person: --user or --end-user');
  return { tenant, user, endUser };
}

export async function withContents<T>(
  { config: file }: Flags,
  context: CliContext,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const { config } = await configFor(file, context);
  const { dataDir, custody: section } = config;
  return await withStore(config, async ({ storage, clock }) => {
    const { env } = context;
    const room = await openCustody({ storage, clock, dataDir, section, env, actor: actorName() });
    const opened = openAuditContents({ dataDir, root: room.root, clock, storage });
    try {
      return await work({ ...opened, dataDir, storage, config });
    } catch (thrown) {
      if (thrown instanceof Fault) throw new CliExit(EXIT.problem, thrown.message);
      throw thrown;
    } finally {
      opened.contents.close();
      await room.close();
    }
  });
}

interface About {
  readonly resource: string;
  readonly tenant: string | null;
  readonly diff: JsonObject;
}

/** Into the outbox: the gateway that runs, or the next one, writes it into the log. */
const note = (storage: Storage, action: string, about: About): Promise<void> =>
  noted(storage, action, about, async () => ok(null));

/** The same, with what changes in the store: both, or neither. */
export async function noted(
  storage: Storage,
  action: string,
  { resource, tenant, diff }: About,
  work: (tx: StorageWrites) => Promise<Result<unknown, { readonly reason: string }>>,
): Promise<void> {
  const entry = { id: `cli_${randomBase62(20)}`, at: systemClock.nowMs(), actor: actorName() };
  const changed = await storage.change({ ...entry, action, resource, tenant, diff }, work);
  if (!changed.ok)
    throw new CliExit(EXIT.problem, 'somebody else has changed it just now: try again');
}

async function* recordsAbout(dir: string, person: Person): AsyncGenerator<StoredRecord> {
  const { tenant, user, endUser } = person;
  for await (const stored of readRecords(dir)) {
    const { record } = stored;
    const isAbout =
      record.tenant === tenant &&
      (user === undefined || record.user === user) &&
      (endUser === undefined || record.endUser === endUser);
    if (isAbout) yield stored;
  }
}

async function erase(flags: EraseFlags, context: CliContext): Promise<void> {
  const person = personOf(flags);
  await withContents(flags, context, async (opened) => {
    const { content, contents, holds, storage, dataDir, config } = opened;
    const dir = join(dataDir, 'audit');
    await holds.refresh();
    if (await withIndex(config, (index) => content.isHeld(person, index)))
      throw new CliExit(EXIT.problem, 'a legal hold keeps this: see `llmproxy audit holds`');
    if (flags.yes !== true) {
      let records = 0;
      for await (const stored of recordsAbout(dir, person)) records += Number(stored.offset >= 0);
      const subjects = contents.subjectsOf(person).length;
      await tell(flags, context, { records, subjects, isErased: false });
      return;
    }
    const { id, commitment, salt } = erasureReceipt(person);
    const { basis } = flags;
    const about = { resource: `erasure/${id}`, tenant: person.tenant };
    await note(storage, 'subject.erase', {
      ...about,
      diff: { basis, commitment, state: 'begun' },
    });
    const { subjects, items: texts } = content.erase(person);
    const progress = new Progress(context, 'records erased');
    let before = 0;
    const onProgress = (records: number): void => {
      progress.step(records - before);
      before = records;
    };
    const records = await erasePerson(dir, person, { onProgress });
    progress.end();
    await eraseIndexed(config, person);
    const counted = { records, texts, subjects };
    const diff = { basis, commitment, state: 'done', ...counted };
    await note(storage, 'subject.erase', { ...about, diff });
    const receipt = { id, at: new Date(systemClock.nowMs()).toISOString(), ...counted };
    await tell(flags, context, { ...receipt, commitment, salt, isErased: true });
  });
}

/** A gateway that runs adds what it read from the log within a second; then it is behind all of that. */
const INDEX_BATCH_MS = 1_500;

const eraseIndexed = (config: Config, person: Person): Promise<void> =>
  withIndex(config, async (index) => {
    await index.erasePerson(person);
    await delay(INDEX_BATCH_MS);
    await index.erasePerson(person);
  });

export async function withIndex<T>(
  config: Config,
  work: (index: AuditIndex) => Promise<T>,
): Promise<T> {
  const index = await openIndex(indexWhere(config));
  try {
    return await work(index);
  } finally {
    await index.close();
  }
}

interface Told {
  readonly [name: string]: string | number | boolean;
  readonly records: number;
  readonly subjects: number;
  readonly isErased: boolean;
}

async function tell(flags: EraseFlags, { stdout }: CliContext, told: Told): Promise<void> {
  const { records, subjects, isErased } = told;
  if (flags.json === true) await writeJson(stdout, told);
  else if (isErased) {
    const { isErased: _, ...receipt } = told;
    const lines = Object.entries(receipt).map(([name, value]) => `${name}: ${value}\n`);
    const keep =
      'Keep this receipt: with the salt it shows of whom the record in the log speaks.\n';
    await write(stdout, lines.join('') + keep);
  } else {
    const count = `${records} records and ${subjects} keys of content are about this person.`;
    await write(stdout, `${count} Add --yes to erase them.\n`);
  }
}

/** GDPR 15 and 20: what is kept, in a form that a machine reads, with what proves it. */
async function subject(flags: PersonFlags, context: CliContext): Promise<void> {
  const person = personOf(flags);
  await withContents(flags, context, async ({ content, dataDir }) => {
    const dir = join(dataDir, 'audit');
    const progress = new Progress(context, 'records');
    for await (const stored of recordsAbout(dir, person)) {
      const proof = provenOrNull(dir, stored);
      await writeJson(context.stdout, { kind: 'record', record: stored.record, proof });
      progress.step();
    }
    for await (const said of content.about(person))
      await writeJson(context.stdout, { kind: 'content', ...said });
    progress.end();
  });
}

/** What is not signed yet has no proof; it will have one. */
function provenOrNull(dir: string, stored: StoredRecord): string | null {
  try {
    return proofText(proveRecord(dir, stored));
  } catch (thrown) {
    if (thrown instanceof Fault) return null;
    throw thrown;
  }
}
