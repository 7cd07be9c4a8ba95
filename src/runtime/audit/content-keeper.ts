/**
 * What was said in calls: encrypted under the key of whom it is about, found by the reference in the
 * record, destroyed with its key. The reference has a commitment to the text; its salt is encrypted with
 * the text, so what was said can be proven while it is there, and guessed at never.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';

import type { ContentView } from '#admin/audit-contract.ts';
import { decrypt, encrypt } from '#custody/aead.ts';
import { Fault } from '#domain/fault.ts';
import type { ContentLevel } from '#gateway/content-tap.ts';
import type { ContentPort } from '#gateway/ports.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';
import {
  type ContentItem,
  type Contents,
  type Erased,
  type Person,
  reachesHeld,
} from '#storage/contents.ts';
import type { AuditIndex } from '#storage/audit-index.ts';

import type { ContentKeys } from './content-keys.ts';

const ID_CHARS = 20;
const SALT_BYTES = 16;
/** A body of 4 MiB and an answer of 1 MiB, as JSON inside JSON. */
const TEXT_BYTES_MAX = 32 * 1_024 * 1_024;
const PAGE = 100;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

export class ContentKeeper {
  readonly #contents: Contents;
  readonly #keys: ContentKeys;
  readonly #clock: Clock;

  constructor(contents: Contents, keys: ContentKeys, clock: Clock) {
    this.#contents = contents;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** What the gateway keeps calls with, at this level. */
  at(level: ContentLevel): ContentPort {
    return { level, keep: (call) => this.#keep(call) };
  }

  /** Null: there is none, or it was erased. Rejects with a `Fault` where it does not open. */
  async read(ref: string): Promise<ContentView | null> {
    const [id = '', commitment = ''] = ref.split('.');
    const item = this.#contents.find(id);
    const record = item && this.#contents.subjectOf(item.subject);
    if (item === null || record === null) return null;
    return await this.#opened(item, record, commitment);
  }

  /** Everything that is kept about a person, page by page. */
  async *about(person: Person): AsyncGenerator<ContentView> {
    for (const record of this.#contents.subjectsOf(person)) {
      for (let after = '', page = this.#page(record.id, after); page.length > 0;) {
        for (const item of page) yield await this.#opened(item, record, null);
        after = page.at(-1)?.id ?? '';
        page = this.#page(record.id, after);
      }
    }
  }

  /** Whether erasing the person would reach what is held, in texts or in records. */
  isHeld(person: Person, index: Pick<AuditIndex, 'search'>): Promise<boolean> {
    return reachesHeld(this.#contents.holds(), person, async (both) => {
      if (this.#contents.subjectsOf(both).length > 0) return true;
      const { rows } = await index.search({ filter: both, limit: 1, after: null });
      return rows.length > 0;
    });
  }

  /** Destroys every key that is about a person, and the texts. Not undone by anything. */
  erase(person: Person): Erased {
    const both = this.#contents.subjectsOf(person);
    const ids = both.map(({ id }) => id);
    const erased = this.#contents.erase(ids);
    this.#keys.forget(ids);
    return erased;
  }

  /** Deletes what is older, but what is held. How many texts. */
  expire(beforeMs: number, limit: number): number {
    const holds = this.#contents.holds();
    if (holds.some(({ tenant }) => tenant === null)) return 0;
    const kept = holds.flatMap(({ tenant, user }) => {
      if (tenant === null) return [];
      if (user === null) return this.#contents.subjectsOf({ tenant });
      const about = (person: Omit<Person, 'tenant'>) =>
        this.#contents.subjectsOf({ tenant, ...person });
      return [...about({ user }), ...about({ endUser: user })];
    });
    return this.#contents.expire(
      beforeMs,
      kept.map(({ id }) => id),
      limit,
    );
  }

  #page(subject: string, after: string): readonly ContentItem[] {
    return this.#contents.itemsOf(subject, after, PAGE);
  }

  async #keep(call: Parameters<ContentPort['keep']>[0]): Promise<string> {
    const { requestId, tenant, user, endUser, key, said } = call;
    const isNamed = user !== null || endUser !== null;
    const subject = { tenant, user, endUser, key: isNamed ? null : key };
    try {
      const open = await this.#keys.forSubject(subject);
      const id = `cnt_${randomBase62(ID_CHARS)}`;
      const salt = randomBytes(SALT_BYTES).toString('base64url');
      const text = JSON.stringify(said);
      const packed = await deflate(JSON.stringify({ salt, text }), { level: 1 });
      const sealed = encrypt(open.key, packed, dataOf(id, open.id, requestId));
      this.#contents.add({
        id,
        subject: open.id,
        requestId,
        atMs: this.#clock.nowMs(),
        sealed,
      });
      return `${id}.${commitmentTo(salt, text)}`;
    } catch (thrown) {
      const where = thrown instanceof Fault ? thrown.message : 'not known';
      // An operator who wants content kept has no record where it is not.
      throw new Fault('audit-failed', `content was not kept: ${where}`);
    }
  }

  async #opened(
    item: ContentItem,
    record: NonNullable<ReturnType<Contents['subjectOf']>>,
    commitment: string | null,
  ): Promise<ContentView> {
    const { key } = await this.#keys.ofRecord(record);
    const packed = decrypt(key, item.sealed, dataOf(item.id, item.subject, item.requestId));
    if (packed === null) throw new Fault('secret-unreadable', 'a text that was changed, or moved');
    const unpacked = await inflate(packed, { maxOutputLength: TEXT_BYTES_MAX });
    const { salt, text } = fieldsOf(unpacked.toString('utf8'));
    const own = commitmentTo(salt, text);
    if (commitment !== null && commitment !== own)
      throw new Fault('secret-unreadable', 'a text that is not the one in the record');
    const said = parseJson(text);
    const { request, reply, isCut } = isJsonObject(said) ? said : {};
    return {
      ref: `${item.id}.${own}`,
      requestId: item.requestId,
      at: new Date(item.atMs).toISOString(),
      tenant: record.tenant,
      user: record.user,
      endUser: record.endUser,
      request: typeof request === 'string' ? request : null,
      reply: typeof reply === 'string' ? reply : '',
      isCut: isCut === true,
    };
  }
}

const dataOf = (...parts: readonly string[]): Buffer =>
  Buffer.from(JSON.stringify(['llmproxy.content.1', ...parts]));

const commitmentTo = (salt: string, text: string): string =>
  createHmac('sha256', Buffer.from(salt, 'base64url')).update(text, 'utf8').digest('base64url');

function fieldsOf(packed: string): { readonly salt: string; readonly text: string } {
  const fields = parseJson(packed);
  const { salt, text } = isJsonObject(fields) ? fields : {};
  if (typeof salt === 'string' && typeof text === 'string') return { salt, text };
  throw new Fault('secret-unreadable', 'a text that is not written as one');
}
