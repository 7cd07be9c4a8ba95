/**
 * A syslog message (RFC 5424) for one record. The header is printable ASCII; the dedupe key and the
 * hash are in the message itself, in every format. No byte order mark: the text is MSG-ANY, because
 * receivers that look for `CEF:` or `{` at the beginning do not skip one.
 */
import { inertText } from './inert-text.ts';
import { shortened } from './event.ts';
import { type Severity, severityOf } from './renderers/meaning.ts';
import type { Render, SinkEvent } from './sink.ts';

/** Facility 13, log audit (section 6.2.1); severities of the same section. */
const FACILITY = 13;
const SEVERITY: Readonly<Record<Severity, number>> = { info: 6, low: 5, medium: 4, high: 3 };
/** `sequenceId` (section 7.3.1) starts over at 1 behind this. */
const SEQUENCE_MAX = 2_147_483_647;

export interface SyslogSettings {
  readonly host: string;
  readonly render: Render;
  /** UTF-8 bytes of a whole message; a record that is longer is shortened. */
  readonly messageBytesMax: number;
}

export function syslogMessage(event: SinkEvent, settings: SyslogSettings): Buffer {
  const { host, render, messageBytesMax } = settings;
  const head = headOf(event, host);
  const whole = Buffer.from(`${head}${render(event)}`, 'utf8');
  if (whole.length <= messageBytesMax) return whole;
  // The limit of the configuration leaves room for every format of a shortened record but the
  // widest; what is still too long is cut at its end, at a whole character.
  const short = Buffer.from(`${head}${render(shortened(event))}`, 'utf8');
  return short.length <= messageBytesMax ? short : cut(short, messageBytesMax);
}

function headOf({ record }: SinkEvent, host: string): string {
  const priority = FACILITY * 8 + SEVERITY[severityOf(record)];
  const sequence = ((record.seq - 1) % SEQUENCE_MAX) + 1;
  const data = `[meta sequenceId="${sequence}"][origin software="llmproxy"]`;
  return `<${priority}>1 ${record.at} ${name(host, 255)} llmproxy ${name(record.writer, 128)} ${name(record.kind, 32)} ${data} `;
}

/** PRINTUSASCII (section 6), or the nil value. */
const name = (text: string, charsMax: number): string =>
  inertText(text)
    .replaceAll(/[^\x21-\x7e]/gu, '_')
    .slice(0, charsMax) || '-';

function cut(bytes: Buffer, bytesMax: number): Buffer {
  let end = bytesMax;
  // Bytes 10xxxxxx are the inside of a character: a cut before one would leave half of it.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

/** Octet counting (RFC 6587 section 3.4.1, RFC 5425 section 4.3): no text can end a frame. */
export const octetCounted = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${message.length} `), message]);
