/**
 * What the arguments of a tool call carry that says where something goes or what is run: hosts,
 * addresses, accounts, paths, commands. Each with the texts to look for in what the model has read.
 */
import { isJsonObject, type JsonValue } from '#stdx/json.ts';

export const valueKinds = ['host', 'url', 'email', 'iban', 'path', 'command'] as const;
export type ValueKind = (typeof valueKinds)[number];

export interface CarriedValue {
  readonly kind: ValueKind;
  /** As it stands in the arguments; of a host, the whole address that leads to it. */
  readonly text: string;
  /** Folded; any of them, found in what was read, is this value. */
  readonly needles: readonly string[];
  /** For lists of the operator's: the host of an address, the value itself otherwise. */
  readonly owner: string;
}

/** Values of one call. One with more is treated as carrying something that nobody vouched for. */
export const VALUES_MAX = 64;

/** Shorter lines (`ls -la`) stand everywhere by chance. */
const COMMAND_CHARS_MIN = 12;
/** Of those that are long enough: blank and short ones in front must not keep one from being looked at. */
const COMMANDS_MAX = 32;

const URL_SHAPE = /[a-z][a-z0-9+.-]{0,15}:\/\/[^\s"'<>`\\]+/giu;
/** Looked for from its `@`: from its first letter, every run of letters would be tried at every place. */
const EMAIL =
  /@(?<=(?<local>[a-z0-9._%+-]{1,64})@)(?<host>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})/giu;
const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b/giu;
const PATH =
  /(?<![\w:/.@-])(?:~|\.{1,2})?(?:\/[\w.@+-]{1,255}){2,32}|\b[a-z]:\\[\w.\\ -]{2,255}/giu;
const IP = /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?=\d)|(?![\w.]))){4}/gu;
const IS_IP = /^\d{1,3}(?:\.\d{1,3}){3}$/u;
const DOMAIN = /(?<![\w.@-])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}(?![\w@-])/giu;
/** In a line that has one of these, a bare name with a dot is a host; elsewhere it may be a file. */
const NETWORK_PROGRAM =
  /\b(?:curl|wget|nc|ncat|netcat|socat|ssh|scp|sftp|ftp|rsync|ping|dig|nslookup|host|telnet|openssl|iwr|irm|invoke-webrequest|invoke-restmethod)\b/iu;
/** Members of arguments that name a host or a command by themselves. */
const HOST_KEY =
  /(?:^|_|-)(?:host|hostname|domain|server|address|endpoint|base_?url|ur[li]|webhook)s?$/iu;
const COMMAND_KEY = /(?:^|_|-)(?:command|cmd|script|shell|bash|code|program|args)s?$/iu;

/** What an address in prose or Markdown ends with, and is no part of it. */
const TRAILING = /[)\]}>.,;:!?'"]+$/u;

export function carriedValues(
  value: JsonValue,
  kinds: ReadonlySet<ValueKind>,
): { readonly values: readonly CarriedValue[]; readonly hasMore: boolean } {
  const reader = new Reader(kinds);
  reader.read(value, '');
  const values = [...reader.found.values()];
  return { values: values.slice(0, VALUES_MAX), hasMore: values.length > VALUES_MAX };
}

class Reader {
  readonly found = new Map<string, CarriedValue>();
  readonly #kinds: ReadonlySet<ValueKind>;

  constructor(kinds: ReadonlySet<ValueKind>) {
    this.#kinds = kinds;
  }

  /** As deep as the document, whose depth is bounded where it was read. */
  read(value: JsonValue, key: string): void {
    if (this.found.size > VALUES_MAX) return;
    if (typeof value === 'string') this.#string(value, key);
    else if (Array.isArray(value)) for (const item of value) this.read(item, key);
    else if (isJsonObject(value)) {
      for (const [name, member] of Object.entries(value)) {
        this.#string(name, '');
        if (member !== undefined) this.read(member, name);
      }
    }
  }

  #string(text: string, key: string): void {
    this.#urls(text);
    for (const { groups } of text.matchAll(EMAIL)) this.#email(groups);
    for (const [iban] of text.matchAll(IBAN)) this.#add('iban', iban, [squeezed(iban)]);
    for (const [path] of text.matchAll(PATH)) this.#add('path', path, [path.toLowerCase()]);
    for (const [ip] of text.matchAll(IP)) this.#add('host', ip, [ip]);
    const isCommand = key === '' || COMMAND_KEY.test(key);
    if (isCommand) this.#commands(text);
    if (HOST_KEY.test(key)) this.#hosts(text);
  }

  #urls(text: string): void {
    for (const [found] of text.matchAll(URL_SHAPE)) {
      const url = found.replace(TRAILING, '');
      const hosts = hostsOf(url);
      const [owner = ''] = hosts;
      this.#add('url', url, [url.toLowerCase()], owner);
      if (owner !== '') this.#add('host', url, hosts, owner);
    }
  }

  #email({ local = '', host = '' }: Readonly<Record<string, string>> = {}): void {
    const owner = host.toLowerCase();
    const email = `${local}@${host}`;
    this.#add('email', email, [email.toLowerCase()], owner);
    this.#add('host', email, [owner], owner);
  }

  #commands(text: string): void {
    let commands = 0;
    for (const line of text.split('\n')) {
      if (this.found.size > VALUES_MAX) return;
      const command = line.trim();
      if (NETWORK_PROGRAM.test(command)) this.#hosts(command);
      if (command.length < COMMAND_CHARS_MIN) continue;
      commands += 1;
      if (commands <= COMMANDS_MAX) this.#add('command', command, [collapsed(command)]);
    }
  }

  #hosts(text: string): void {
    for (const [host] of text.matchAll(DOMAIN)) {
      const name = host.toLowerCase();
      if (/[a-z]/u.test(name)) this.#add('host', host, [name], name);
    }
  }

  #add(kind: ValueKind, text: string, needles: readonly string[], owner = needles[0] ?? ''): void {
    if (!this.#kinds.has(kind)) return;
    const id = `${kind} ${needles.join(' ')}`;
    const all = kind === 'host' ? needles.flatMap(withParents) : needles;
    if (!this.found.has(id)) this.found.set(id, { kind, text, needles: all, owner });
  }
}

/**
 * The host as a browser reads it, then as it is written: `https://bank.example@evil.example` leads to
 * the second, and the text that led the model there may spell it either way.
 */
function hostsOf(url: string): string[] {
  const written = /^[^:]+:\/\/(?:[^/?#]*@)?(?<host>[^/?#:]*)/u.exec(url)?.groups?.['host'] ?? '';
  let read = '';
  try {
    read = new URL(url).hostname;
  } catch {
    // Not an address for a browser; it may be one for the tool.
  }
  return [...new Set([read, written.toLowerCase()].filter((host) => host !== ''))];
}

/**
 * A name below another belongs to whoever has the other: `secret.evil.example` is a letter to
 * `evil.example`, and who vouches for a domain vouches for what is below it.
 */
function withParents(host: string): string[] {
  if (IS_IP.test(host)) return [host];
  const labels = host.split('.');
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'));
}

export const collapsed = (text: string): string => text.replaceAll(/\s+/gu, ' ').toLowerCase();
export const squeezed = (text: string): string => text.replaceAll(/\s+/gu, '').toLowerCase();
