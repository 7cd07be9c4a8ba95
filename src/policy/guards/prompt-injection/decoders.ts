/** Bytes that were written as text, as the text that they spell; undefined where they spell none. */
const BYTES_MIN = 6;
/** Words are letters and spaces: bytes that are something else rarely look like that. */
const READABLE_SHARE_MIN = 0.85;

const utf8 = new TextDecoder('utf-8', { fatal: false });

/** Text, when nearly all of it is what people write. Random bytes are not. */
function readable(bytes: Uint8Array): string | undefined {
  if (bytes.length < BYTES_MIN) return undefined;
  // Pictures and archives are told from text by their first bytes, before all is decoded.
  if (shareOfText(bytes.subarray(0, 64)) < READABLE_SHARE_MIN) return undefined;
  if (shareOfText(bytes) < READABLE_SHARE_MIN) return undefined;
  const text = utf8.decode(bytes);
  return text.includes('\ufffd\ufffd') ? undefined : text;
}

function shareOfText(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) {
    const isPrintable = byte >= 0x20 && byte < 0x7f;
    if (isPrintable || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte >= 0xc2) count += 1;
    else if (byte >= 0x80) count += 0.9;
  }
  return count / bytes.length;
}

const BASE64 = /^[A-Za-z0-9+/_-]{12,}={0,2}$/u;
const NOT_BASE64 = /[^A-Za-z0-9+/_=-]/gu;

function decodeBase64(run: string): string | undefined {
  // `key=` or `src=` may stand before it, without a space.
  const joined = run.replaceAll(NOT_BASE64, '');
  const at = joined.search(/=[A-Za-z0-9]/u);
  const packed = at === -1 ? joined : joined.slice(at + 1);
  if (!BASE64.test(packed)) return undefined;
  return readable(Buffer.from(packed, 'base64'));
}

function decodeHex(run: string): string | undefined {
  const digits = run.replaceAll(/0x|[\s,:;-]/giu, '');
  if (digits.length < BYTES_MIN * 2 || digits.length % 2 !== 0) return undefined;
  return /^[0-9a-f]+$/iu.test(digits) ? readable(Buffer.from(digits, 'hex')) : undefined;
}

/** Three or more `%41`. */
function decodePercent(run: string): string | undefined {
  const found = run.match(/%[0-9a-f]{2}/giu)?.length ?? 0;
  if (found < 3) return undefined;
  const bytes: number[] = [];
  for (let index = 0; index < run.length; index += 1) {
    const byte =
      run.charAt(index) === '%' ? Number.parseInt(run.slice(index + 1, index + 3), 16) : Number.NaN;
    if (Number.isNaN(byte))
      bytes.push(run.charAt(index) === '+' ? 0x20 : run.charCodeAt(index) & 0xff);
    else {
      bytes.push(byte);
      index += 2;
    }
  }
  return readable(Uint8Array.from(bytes));
}

/** Characters as decimal numbers, or as eight bits each. */
function decodeNumbers(run: string): string | undefined {
  const tokens = run.match(/\d+/gu) ?? [];
  if (tokens.length < BYTES_MIN) return undefined;
  const isBinary = tokens.every((token) => /^[01]{7,8}$/u.test(token));
  const bytes = tokens.map((token) => Number.parseInt(token, isBinary ? 2 : 10));
  if (!isBinary && /[^\d\s,;-]/u.test(run)) return undefined;
  return bytes.every((byte) => byte >= 9 && byte < 256)
    ? readable(Uint8Array.from(bytes))
    : undefined;
}

const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a;
const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/**
 * What a run of characters spells, if it is one of these. Most long runs are names and paths: a look
 * at their characters tells, before anything is decoded.
 */
export function decodeRun(run: string): string | undefined {
  let [upper, lower, digits, percents, spaces] = [0, 0, 0, 0, 0];
  for (let index = 0; index < run.length; index += 1) {
    const code = run.charCodeAt(index);
    if (isLower(code)) lower += 1;
    else if (isDigit(code)) digits += 1;
    else if (isUpper(code)) upper += 1;
    else if (code === 0x25) percents += 1;
    else if (code === 0x20) spaces += 1;
  }
  if (percents >= 3) return decodePercent(run);
  if (digits === 0) return undefined;
  const isNumbers = spaces >= BYTES_MIN - 1 || upper + lower === 0;
  const numbers = isNumbers ? decodeNumbers(run) : undefined;
  const isBytes = numbers === undefined && digits * 6 >= upper + lower;
  const hex = isBytes ? decodeHex(run) : undefined;
  return numbers ?? hex ?? (upper > 0 && lower > 0 ? decodeBase64(run) : undefined);
}
