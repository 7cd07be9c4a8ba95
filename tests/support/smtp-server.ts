/**
 * An SMTP server as strict as RFC 5321: commands in their order, lines that end in CRLF, TLS before a
 * password. It keeps the mails, and can refuse, put off and hang.
 */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

export interface SeenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
  readonly isTls: boolean;
  readonly login: string | null;
}

export interface SmtpServer {
  readonly port: number;
  readonly mails: SeenMail[];
  /** What a client did that it must not. A test asserts that it is empty. */
  readonly problems: string[];
  readonly sockets: ReadonlySet<Socket>;
  /** The reply to the end of a mail; null: none. */
  reply: () => string | null;
  readonly close: () => Promise<void>;
}

export interface SmtpOptions {
  readonly tls: 'starttls' | 'tls' | 'none';
  readonly key?: string;
  readonly cert?: string;
  /** Asked for: `user:pass`. */
  readonly login?: string;
}

class Conversation {
  readonly #server: SmtpServer;
  readonly #options: SmtpOptions;
  #socket: Socket;
  #buffered = '';
  #isTls: boolean;
  #hasGreeted = false;
  #login: string | null = null;
  #from: string | null = null;
  #to: string[] = [];
  #isData = false;

  constructor(server: SmtpServer, options: SmtpOptions, socket: Socket) {
    this.#server = server;
    this.#options = options;
    this.#socket = socket;
    this.#isTls = options.tls === 'tls';
    this.#listen();
    this.#say('220 mail.example.com ESMTP');
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')));
    this.#socket.on('error', () => {});
  }

  #say(...lines: string[]): void {
    this.#socket.write(`${lines.join('\r\n')}\r\n`);
  }

  #take(text: string): void {
    this.#buffered += text;
    if (/(?<!\r)\n/u.test(this.#buffered)) this.#server.problems.push('a line without CR');
    if (this.#isData) this.#takeData();
    for (;;) {
      const end = this.#buffered.indexOf('\r\n');
      if (end === -1 || this.#isData) return;
      const line = this.#buffered.slice(0, end);
      this.#buffered = this.#buffered.slice(end + 2);
      this.#command(line);
    }
  }

  #takeData(): void {
    const end = this.#buffered.indexOf('\r\n.\r\n');
    if (end === -1) return;
    const data = this.#buffered.slice(0, end).replaceAll('\r\n..', '\r\n.');
    this.#buffered = this.#buffered.slice(end + 5);
    this.#isData = false;
    const reply = this.#server.reply();
    if (reply === null) return;
    if (reply.startsWith('2')) {
      assert.ok(this.#from !== null);
      const { mails } = this.#server;
      mails.push({ from: this.#from, to: this.#to, data, isTls: this.#isTls, login: this.#login });
    }
    this.#from = null;
    this.#to = [];
    this.#say(reply);
  }

  #command(line: string): void {
    const [verb = '', ...rest] = line.split(' ');
    const argument = rest.join(' ');
    const { tls, login } = this.#options;
    switch (verb.toUpperCase()) {
      case 'EHLO': {
        this.#hasGreeted = true;
        const offers = [
          ...(tls === 'starttls' && !this.#isTls ? ['STARTTLS'] : []),
          ...(login !== undefined && (this.#isTls || tls === 'none') ? ['AUTH PLAIN'] : []),
        ];
        const all = ['mail.example.com', ...offers];
        this.#say(...all.map((one, at) => `250${at === all.length - 1 ? ' ' : '-'}${one}`));
        return;
      }
      case 'STARTTLS':
        this.#upgrade();
        return;
      case 'AUTH': {
        if (!this.#isTls) this.#server.problems.push('a password without TLS');
        const said = Buffer.from(argument.replace(/^PLAIN /u, ''), 'base64').toString();
        const [, user, pass] = said.split('\0');
        const isRight = `${user}:${pass}` === login;
        if (isRight) this.#login = user ?? null;
        this.#say(isRight ? '235 2.7.0 go on' : '535 5.7.8 no');
        return;
      }
      case 'MAIL': {
        const isReady = this.#hasGreeted && (tls === 'none' || this.#isTls);
        if (!isReady) this.#server.problems.push('MAIL before its time');
        if (login !== undefined && this.#login === null) return this.#say('530 5.7.0 first AUTH');
        this.#from = /^FROM:<(?<address>[^>]*)>/u.exec(argument)?.groups?.['address'] ?? null;
        if (this.#from === null) this.#server.problems.push('MAIL without an address');
        this.#say('250 2.1.0 ok');
        return;
      }
      case 'RCPT':
        if (this.#from === null) this.#server.problems.push('RCPT before MAIL');
        this.#to.push(/^TO:<(?<address>[^>]+)>$/u.exec(argument)?.groups?.['address'] ?? '?');
        this.#say('250 2.1.5 ok');
        return;
      case 'DATA':
        if (this.#to.length === 0) this.#server.problems.push('DATA before RCPT');
        this.#isData = true;
        this.#say('354 go on');
        return;
      case 'QUIT':
        this.#say('221 bye');
        this.#socket.end();
        return;
      default:
        this.#server.problems.push(`the command ${verb}`);
        this.#say('502 5.5.1 what?');
    }
  }

  #upgrade(): void {
    const { key = '', cert = '' } = this.#options;
    this.#say('220 2.0.0 go on');
    const plain = this.#socket;
    plain.removeAllListeners('data');
    // What came with STARTTLS was not encrypted, and counts for nothing (RFC 3207 section 5).
    this.#buffered = '';
    this.#hasGreeted = false;
    this.#isTls = true;
    const secureContext = createSecureContext({ key, cert });
    this.#socket = new TLSSocket(plain, { isServer: true, secureContext });
    this.#listen();
  }
}

export async function openSmtpServer(options: SmtpOptions): Promise<SmtpServer> {
  const sockets = new Set<Socket>();
  const { key = '', cert = '' } = options;
  const listener: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const secureContext = options.tls === 'tls' ? createSecureContext({ key, cert }) : null;
    const spoken =
      secureContext === null ? socket : new TLSSocket(socket, { isServer: true, secureContext });
    void new Conversation(server, options, spoken);
  });
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  assert.ok(typeof address === 'object' && address !== null);
  const server: SmtpServer = {
    port: address.port,
    mails: [],
    problems: [],
    sockets,
    reply: () => '250 2.0.0 taken',
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => void listener.close(resolve));
    },
  };
  return server;
}
