/**
 * Arguments of a script as one text in MessagePack: a server reads it in C, where single arguments would
 * each be an object of its own and a number to be parsed in Lua. Numbers are exact to 2^53.
 */

/** Bytes of a text whose length fits its first byte. */
const SHORT_MAX = 31;

/** Writes one value after the other. */
export class Packer {
  #bytes = Buffer.allocUnsafe(4_096);
  #at = 0;

  /** What was written since the last time. */
  taken(): Buffer {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return bytes;
  }

  number(value: number): void {
    this.#reserve(9);
    if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff && !Object.is(value, -0)) {
      this.#natural(value);
      return;
    }
    this.#bytes[this.#at] = 0xcb;
    this.#at = this.#bytes.writeDoubleBE(value, this.#at + 1);
  }

  text(value: string): void {
    // No character of UTF-16 is more than three bytes in UTF-8.
    this.#reserve(5 + value.length * 3);
    if (value.length <= SHORT_MAX && this.#short(value)) return;
    const start = this.#at + 5;
    const length = this.#bytes.write(value, start, 'utf8');
    this.#head(start, length);
  }

  /** What `write` writes, as one text: a script can keep it as it is and read it later. */
  nested(write: (into: Packer) => void): void {
    this.#reserve(5);
    this.#at += 5;
    const start = this.#at;
    write(this);
    this.#head(start, this.#at - start);
  }

  /** False: it is not ASCII, and nothing was written. A call for each of them would cost more. */
  #short(value: string): boolean {
    const start = this.#at + 1;
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 127) return false;
      this.#bytes[start + index] = code;
    }
    this.#bytes[this.#at] = 0xa0 + value.length;
    this.#at = start + value.length;
    return true;
  }

  /** A text of 32 bits of length, whatever it needs: its bytes are where they were written. */
  #head(start: number, length: number): void {
    this.#bytes[start - 5] = 0xdb;
    this.#bytes.writeUInt32BE(length, start - 4);
    this.#at = start + length;
  }

  #natural(value: number): void {
    if (value < 128) {
      this.#bytes[this.#at] = value;
      this.#at += 1;
    } else if (value <= 0xffff) {
      this.#bytes[this.#at] = 0xcd;
      this.#at = this.#bytes.writeUInt16BE(value, this.#at + 1);
    } else {
      this.#bytes[this.#at] = 0xce;
      this.#at = this.#bytes.writeUInt32BE(value, this.#at + 1);
    }
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
