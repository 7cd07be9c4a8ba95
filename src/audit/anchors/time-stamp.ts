/**
 * Requests for time stamps and their answers (RFC 3161), as far as a client needs them: that the answer
 * is granted, is about what was asked, and answers this very request. Whether the authority's signature
 * is one that you trust, `openssl ts -verify` says; Node has no reader of CMS.
 */
const SHA256 = Buffer.from('300d06096086480165030402010500', 'hex');
const TST_INFO = Buffer.from('060b2a864886f70d0109100104', 'hex');
const NONCE_BYTES = 8;

const INTEGER = 0x02;
const OCTETS = 0x04;
const TIME = 0x18;
const SEQUENCE = 0x30;

/** DER of a request for the stamp of a SHA-256 digest; `nonce` is eight random bytes. */
export function stampRequest(digest: Buffer, nonce: Buffer): Buffer {
  const imprint = der(SEQUENCE, Buffer.concat([SHA256, der(OCTETS, digest)]));
  const wantsCertificate = Buffer.from('0101ff', 'hex');
  const version = der(INTEGER, Buffer.of(1));
  return der(
    SEQUENCE,
    Buffer.concat([version, imprint, der(INTEGER, positive(nonce)), wantsCertificate]),
  );
}

/** Eight bytes as an INTEGER that is positive and as short as DER wants it. */
function positive(nonce: Buffer): Buffer {
  const bytes = Buffer.from(nonce.subarray(0, NONCE_BYTES));
  bytes[0] = (bytes[0] ?? 0) | 0x80;
  return Buffer.concat([Buffer.of(0), bytes]);
}

/** When it was stamped, as the authority writes it (`20261127081530Z`); or why there is no stamp. */
export function stampedAt(
  answer: Buffer,
  digest: Buffer,
  nonce: Buffer,
): { readonly at: string } | { readonly problem: string } {
  const whole = children(answer, 0, answer.length)?.[0];
  const [status, token] =
    whole === undefined ? [] : (children(answer, whole.start, whole.end) ?? []);
  const code = status && children(answer, status.start, status.end)?.[0];
  if (code === undefined) return { problem: 'the answer is no time stamp' };
  const granted = answer.subarray(code.start, code.end);
  if (granted.length !== 1 || (granted[0] ?? 9) > 1 || token === undefined)
    return { problem: 'the authority refused' };
  const info = stampInfo(answer.subarray(token.start, token.end));
  if (info === undefined) return { problem: 'the answer is no time stamp' };
  const parts = children(info, 0, info.length) ?? [];
  const imprint = parts[2];
  if (imprint === undefined || !info.subarray(imprint.start, imprint.end).includes(digest))
    return { problem: 'the stamp is of something else' };
  const isOurs = parts.some(
    ({ tag, start, end }) => tag === INTEGER && info.subarray(start, end).equals(positive(nonce)),
  );
  if (!isOurs) return { problem: 'the stamp answers another request' };
  const time = parts.find(({ tag }) => tag === TIME);
  if (time === undefined) return { problem: 'the stamp has no time' };
  return { at: info.toString('latin1', time.start, time.end) };
}

/** The content of TSTInfo: it follows its own name, in an OCTET STRING that a tag wraps. */
function stampInfo(token: Buffer): Buffer | undefined {
  const named = token.indexOf(TST_INFO);
  if (named === -1) return undefined;
  const wrapped = element(token, named + TST_INFO.length, token.length);
  const octets = wrapped && element(token, wrapped.start, wrapped.end);
  const info = octets?.tag === OCTETS ? element(token, octets.start, octets.end) : undefined;
  return info?.tag === SEQUENCE ? token.subarray(info.start, info.end) : undefined;
}

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

function children(bytes: Buffer, from: number, to: number): Element[] | undefined {
  const found: Element[] = [];
  for (let at = from; at < to;) {
    const next = element(bytes, at, to);
    if (next === undefined) return undefined;
    found.push(next);
    at = next.end;
  }
  return found;
}

/** Definite lengths of at most three bytes: an answer is bounded far below that. */
function element(bytes: Buffer, at: number, to: number): Element | undefined {
  if (at + 2 > to) return undefined;
  const tag = bytes.readUInt8(at);
  const short = bytes.readUInt8(at + 1);
  const size = short & 0x7f;
  if (short >= 0x80 && (size === 0 || size > 3 || at + 2 + size > to)) return undefined;
  const start = short < 0x80 ? at + 2 : at + 2 + size;
  const end = start + (short < 0x80 ? short : bytes.readUIntBE(at + 2, size));
  return end > to ? undefined : { tag, start, end };
}

/** Of contents below 128 bytes, which is all that a request has. */
const der = (tag: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.of(tag, content.length), content]);
