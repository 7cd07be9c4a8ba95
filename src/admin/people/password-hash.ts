/**
 * Argon2id (RFC 9106), on the threads of the runtime and not on the event loop.
 *
 * A hash costs 64 MiB and a tenth of a second, which is what makes guessing dear, and what would make
 * a flood of guesses dear for us: one is made at a time in each lane, and a full lane says so.
 * Devices that are known have a lane of their own, so that strangers cannot keep them out.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

import { Fault } from '#domain/fault.ts';

/** The second recommendation of RFC 9106 section 4. */
const COST = { memory: 65_536, passes: 3, parallelism: 4 } as const;
const TAG_BYTES = 32;
const SALT_BYTES = 16;
/** At a tenth of a second each, nobody waits longer than two seconds. */
const WAITING_MAX = 16;

const PHC =
  /^\$argon2id\$v=19\$m=(?<memory>\d{1,7}),t=(?<passes>\d{1,2}),p=(?<parallelism>\d{1,2})\$(?<salt>[A-Za-z0-9+/]{22,86})\$(?<tag>[A-Za-z0-9+/]{43})$/u;

interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** NIST SP 800-63B section 3.1.1.2: one form for what looks the same. */
const bytesOf = (password: string): Buffer => Buffer.from(password.normalize('NFKC'), 'utf8');

const derive = (password: string, nonce: Buffer, cost: Cost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const parameters = { message: bytesOf(password), nonce, tagLength: TAG_BYTES, ...cost };
    argon2('argon2id', parameters, (error, tag) => {
      // The error of a hash could quote its input.
      if (error === null) resolve(tag);
      else reject(new Fault('storage-failed', 'a password could not be hashed'));
    });
  });

const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/u, '');

export type LaneName = 'known' | 'stranger';

export class Passwords {
  readonly #lanes: Readonly<Record<LaneName, Lane>> = { known: new Lane(), stranger: new Lane() };

  /** A PHC string. Null: too many are waiting. */
  hash(password: string): Promise<string | null> {
    return this.#lanes.known.run(async () => {
      const salt = randomBytes(SALT_BYTES);
      const tag = await derive(password, salt, COST);
      const { memory, passes, parallelism } = COST;
      return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${bare(salt)}$${bare(tag)}`;
    });
  }

  /**
   * Whether it is the password of the hash. Without one it is never, and costs the same: how long an
   * answer takes says nothing about who has an account. Null: too many are waiting.
   */
  verify(password: string, phc: string | null, lane: LaneName): Promise<boolean | null> {
    return this.#lanes[lane].run(async () => {
      const { memory, passes, parallelism, salt, tag } = PHC.exec(phc ?? '')?.groups ?? {};
      if (salt === undefined || tag === undefined) {
        await derive(password, randomBytes(SALT_BYTES), COST);
        return false;
      }
      const cost = {
        memory: Number(memory),
        passes: Number(passes),
        parallelism: Number(parallelism),
      };
      const offered = await derive(password, Buffer.from(salt, 'base64'), cost);
      const stored = Buffer.from(tag, 'base64');
      return offered.length === stored.length && timingSafeEqual(offered, stored);
    });
  }
}

class Lane {
  #waiting = 0;
  #tail: Promise<unknown> = Promise.resolve();

  /** One after another. Null: too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.#waiting >= WAITING_MAX) return null;
    this.#waiting += 1;
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    try {
      return await done;
    } finally {
      this.#waiting -= 1;
    }
  }
}
