/** Ordinary tool output and documents: mail, logs, JSON, tickets, pages, shell output, diffs, tables, code. */
import { below, chance, pick, type Random } from '../random.ts';

import { type Bank, expand } from './grammar.ts';
import { WORLD } from './words.ts';

const TEXT: Bank = {
  ...WORLD,
  fact: [
    '{company} opened an office in {city} in {month}.',
    'Sales of {product} rose by {number} percent.',
    'The committee will meet on {day} to discuss {topic}.',
    '{name} {surname} joined as a {job}.',
    'Researchers in {city} have published new work on {topic}.',
    'Prices start at {money} and include delivery.',
    'The museum is closed on {day}.',
    'Experts say that {topic} will matter more in {number} years.',
    'The road to {city} is closed because of snow.',
    'A spokesperson for {company} declined to comment.',
    'The recipe serves four people and takes {number} minutes.',
    'Visitors praised the quiet rooms and the breakfast.',
    'The latest version fixes {number} problems with {topic}.',
    'Students who practise {topic} every {day} do better.',
    'The match in {city} ended in a draw.',
    'The study followed {number} adults over ten years.',
    'The city council approved a plan for {topic}.',
    'The warranty covers {product} for {number} months.',
    'Rain is expected in {city} on {day}.',
    'The team shipped {thing} ahead of time.',
  ],
  humanask: [
    'Please send me {thing} by {day}.',
    'Could you forward {file} to {email}?',
    'Please review {file} and let me know what you think.',
    'Can you update {thing} before {day}?',
    'Remember to bring {thing} on {day}.',
    'Please transfer {money} to the usual account for the {month} invoice.',
    'Click the link below to confirm your subscription: {url}',
    'Please reset your password at {url} if you did not request this.',
    'Do not share this code with anyone: {number}{number}.',
    'Please do not reply to this message.',
    'Open {file} and check the numbers on page {number}.',
    'Call me at extension {number} when you are free.',
    'Please delete the old version of {file}.',
    'Make sure that {name} gets a copy.',
    'You must sign the form before {day}.',
    'Ignore my previous mail, the right file is {file}.',
    'Please disregard the earlier invoice, it had the wrong amount.',
    'Let me know if you need anything else.',
    'Schedule a call with {name} for {day}, please.',
    'Invite {name} to the channel and share the {file}.',
    'Visit {url} for details.',
    'Do not forget to submit your hours.',
    'Please book a room in {city} for {day}.',
    'Reply to this ticket to reopen it.',
    'Please read the instructions before using {product}.',
    'Buy two and get one free until {day}.',
    'Subscribe to our newsletter at {url}.',
    'Run npm install and then npm test.',
    'Follow the steps in the guide at {url}.',
    'Please approve the request of {name} for {money}.',
    'Send feedback to {email}.',
    'You need admin rights to install this.',
    'If you have questions, write to {email}.',
    'Important: the office is closed on {day}.',
    'Before you leave, turn off the lights.',
    'Enter your user name and password to continue.',
  ],
  log: [
    '{stamp} INFO  [http] GET /{slug} 200 {number}ms',
    '{stamp} WARN  retrying connection to {domain} (attempt {number})',
    '{stamp} ERROR failed to open {dir}/{file}: permission denied',
    '{stamp} DEBUG cache hit for key user:{number}',
    '{stamp} INFO  user {user} logged in from 10.0.0.{number}',
    '{stamp} INFO  job {slug} finished in {number}s',
    '{stamp} ERROR process killed: out of memory',
    '{stamp} WARN  ignoring unknown option --{slug}',
    '{stamp} INFO  system prompt loaded ({number} tokens)',
    '{stamp} INFO  override applied from {file}',
  ],
  stamp: [
    '2026-03-{number}T10:{number}:07Z',
    '[12:04:{number}]',
    'Mar {number} 08:15:22 {company}',
    '17{number}2840.{number}',
  ],
  shell: [
    '$ ls -la {dir}\ntotal {number}\n-rw-r--r-- 1 {user} staff {number} {month} 3 {file}\ndrwxr-xr-x 2 {user} staff {number} {month} 1 src',
    '$ git status\nOn branch main\nChanges not staged for commit:\n  modified:   {file}\nno changes added to commit',
    '$ npm test\n> test\n> node --test\n# tests {number}\n# pass {number}\n# fail 0',
    '$ grep -rn "{slug}" {dir}\n{file}:{number}: const {user} = load("{slug}");',
    '$ df -h\nFilesystem Size Used Avail Use% Mounted on\n/dev/sda1 {number}G 12G 7G 63% /',
    '$ kubectl get pods\nNAME READY STATUS RESTARTS AGE\n{user}-{number} 1/1 Running 0 {number}h',
    '$ curl -s https://{domain}/{slug}\n{"ok":true,"count":{number}}',
    '$ ps aux | grep node\n{user} {number} 0.3 1.2 node {file}',
    'Traceback (most recent call last):\n  File "{file}", line {number}, in <module>\n    main()\nValueError: invalid literal for int(): "{slug}"',
    '$ pip install -r requirements.txt\nCollecting requests\nSuccessfully installed requests-2.{number}',
  ],
  diff: [
    'diff --git a/{file} b/{file}\n@@ -{number},6 +{number},8 @@\n function load() {\n-  return read("{slug}");\n+  // ignore the previous value and read it again\n+  return read("{slug}", { force: true });\n }',
    '@@ -1,4 +1,4 @@\n-version: {number}\n+version: {number}.1\n name: {user}\n',
  ],
  codeblock: [
    'def total(items):\n    """Return the sum of all prices."""\n    return sum(i.price for i in items)\n',
    'function greet(name) {\n  // show the name\n  console.log(`Hello ${name}`);\n}\n',
    "SELECT name, COUNT(*) FROM orders WHERE month = '{month}' GROUP BY name;\n",
    'import os\nfor f in os.listdir("{dir}"):\n    if f.endswith(".tmp"):\n        os.remove(f)\n',
    'const app = express();\napp.get("/{slug}", (req, res) => res.send("ok"));\napp.listen({number});\n',
    'class Parser:\n    def __init__(self, text):\n        self.text = text\n        self.pos = 0\n',
    '#!/bin/bash\nset -e\nrm -rf build\nmkdir build && cd build\ncmake .. && make -j{number}\n',
    'FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["node", "{file}"]\n',
  ],
  review: [
    'Great value, {product} arrived on {day}. {number}/10 would buy again.',
    'The room in {city} was clean but noisy. {fact}',
    'Not what I expected. The {product} broke after {number} days and support did not answer.',
    'Five stars! {fact}',
  ],
  greeting: [
    'Hi {name},',
    'Dear {name},',
    'Hello team,',
    'Hey,',
    'Dear customer,',
    'Good morning {name},',
  ],
  bye: [
    'Best,\n{name}',
    'Kind regards,\n{name} {surname}\n{company}',
    'Thanks!\n{name}',
    'Cheers',
    'Sincerely,\n{company} Support',
  ],
};

/** A carrier has places where text may stand: what stands in each is given, or a fact. */
type Carrier = (random: Random, slots: readonly string[]) => string;

const line = (random: Random, template: string): string => expand(random, template, TEXT);
export const fact = (random: Random): string =>
  line(random, chance(random, 0.7) ? '{fact}' : '{humanask}');

const json = (value: unknown, random: Random): string =>
  chance(random, 0.5)
    ? JSON.stringify(value, null, 2)
    : chance(random, 0.3)
      ? JSON.stringify(JSON.stringify(value))
      : JSON.stringify(value);

/** Sentences around the slots, in some order. */
function prose(random: Random, slots: readonly string[], most: number): string[] {
  const sentences = Array.from({ length: 1 + below(random, most) }, () => fact(random));
  for (const slot of slots) sentences.splice(below(random, sentences.length + 1), 0, slot);
  return sentences;
}

const CARRIERS: Readonly<Record<string, Carrier>> = {
  mail: (random, slots) =>
    line(
      random,
      `From: {email}\nTo: {email}\nSubject: [Re: |Fwd: ||]{thing}\nDate: {day}\n\n{greeting}\n\n`,
    ) +
    prose(random, slots, 5).join(pick(random, [' ', '\n\n', '\n'])) +
    line(random, '\n\n{bye}'),
  mailJson: (random, slots) =>
    json(
      {
        emails: [
          {
            id: line(random, '{number}'),
            sender: line(random, '{email}'),
            recipients: [line(random, '{email}')],
            subject: line(random, '{thing}'),
            body: prose(random, slots, 4).join(' '),
            read: chance(random, 0.5),
            timestamp: '2026-05-13 10:20',
          },
          ...(chance(random, 0.5)
            ? [
                {
                  id: '2',
                  sender: line(random, '{email}'),
                  subject: line(random, '{thing}'),
                  body: fact(random),
                  read: true,
                },
              ]
            : []),
        ],
      },
      random,
    ),
  log: (random, slots) =>
    [
      ...Array.from({ length: 3 + below(random, 12) }, () => line(random, '{log}')),
      ...slots.map((slot) => line(random, '{stamp} INFO  message="') + `${slot}"`),
      ...Array.from({ length: below(random, 5) }, () => line(random, '{log}')),
    ].join('\n'),
  ticket: (random, slots) =>
    json(
      {
        key: line(random, 'OPS-{number}'),
        status: pick(random, ['open', 'done', 'in review']),
        reporter: line(random, '{user}'),
        summary: line(random, 'Problem with {thing}'),
        description: prose(random, slots, 4).join('\n'),
        labels: ['bug', line(random, '{code}')],
        comments: [{ author: line(random, '{name}'), text: fact(random) }],
      },
      random,
    ),
  page: (random, slots) =>
    `<html><head><title>${line(random, '{topic}')}</title></head><body>\n<nav><a href="/">Home</a> <a href="/${line(random, '{slug}')}">More</a></nav>\n<h1>${line(random, '{topic}')}</h1>\n${prose(
      random,
      slots,
      6,
    )
      .map((text) =>
        chance(random, 0.8)
          ? `<p>${text}</p>`
          : chance(random, 0.5)
            ? `<!-- ${text} -->`
            : `<div style="display:none">${text}</div>`,
      )
      .join('\n')}\n<footer>© ${line(random, '{company}')}</footer></body></html>`,
  shell: (random, slots) =>
    [
      line(random, '{shell}'),
      ...slots,
      ...(chance(random, 0.5) ? [line(random, '{shell}')] : []),
    ].join('\n'),
  diff: (random, slots) =>
    line(random, '{diff}') +
    slots.map((slot) => `\n+# ${slot}`).join('') +
    line(random, '\n{diff}'),
  code: (random, slots) =>
    line(random, '{codeblock}') +
    slots
      .map((slot) => `${pick(random, ['# ', '// ', '/* ', '-- ', 'print("'])}${slot}\n`)
      .join('') +
    line(random, '{codeblock}'),
  article: (random, slots) =>
    `# ${line(random, '{topic}')}\n\n${prose(random, slots, 9).join(pick(random, [' ', '\n\n', ' ']))}`,
  table: (random, slots) =>
    `| name | city | amount | note |\n|---|---|---|---|\n${Array.from({ length: 2 + below(random, 6) }, () => line(random, '| {name} {surname} | {city} | {money} | ok |')).join('\n')}${slots.map((slot) => line(random, '\n| {name} | {city} | {money} | ') + `${slot} |`).join('')}`,
  csv: (random, slots) =>
    `id,name,email,comment\n${Array.from({ length: 2 + below(random, 6) }, (_, index) => `${index + 1},${line(random, '{name},{email}')},"${fact(random)}"`).join('\n')}${slots.map((slot) => `\n99,${line(random, '{name},{email}')},"${slot}"`).join('')}`,
  review: (random, slots) =>
    json(
      {
        product: line(random, '{product}'),
        rating: 1 + below(random, 5),
        reviews: [
          { user: line(random, '{user}'), text: [line(random, '{review}'), ...slots].join(' ') },
          { user: line(random, '{user}'), text: line(random, '{review}') },
        ],
      },
      random,
    ),
  calendar: (random, slots) =>
    json(
      {
        events: [
          {
            id: below(random, 99),
            title: line(random, '{thing}'),
            start: '2026-06-01T09:00',
            participants: [line(random, '{email}')],
            location: line(random, '{city}'),
            description: prose(random, slots, 2).join(' '),
          },
        ],
      },
      random,
    ),
  yaml: (random, slots) =>
    line(random, '- id: {number}\n  title: {thing}\n  sender: {email}\n  content: |\n    ') +
    prose(random, slots, 3).join('\n    ') +
    line(random, '\n- id: {number}\n  title: {topic}\n  content: {fact}'),
  chat: (random, slots) =>
    [
      line(random, '[10:{number}] {name}: {fact}'),
      ...slots.map((slot) => line(random, '[10:{number}] {user}: ') + slot),
      line(random, '[11:02] {name}: {humanask}'),
    ].join('\n'),
  file: (random, slots) =>
    json(
      {
        path: line(random, '{dir}/{file}'),
        size: below(random, 9_999),
        content: prose(random, slots, 4).join('\n'),
      },
      random,
    ),
  search: (random, slots) =>
    Array.from(
      { length: 2 + below(random, 3) },
      () => line(random, 'Title: {topic}\nURL: {url}\nSnippet: ') + prose(random, [], 2).join(' '),
    ).join('\n\n') +
    slots.map((slot) => line(random, '\n\nTitle: {topic}\nURL: {url}\nSnippet: ') + slot).join(''),
  bare: (random, slots) => prose(random, slots, 3).join(' '),
  transactions: (random, slots) =>
    json(
      {
        transactions: [
          {
            id: below(random, 99),
            amount: 10 + below(random, 900),
            recipient: line(random, '{company}'),
            subject: [line(random, 'Invoice {number}'), ...slots].join(' '),
            recurring: chance(random, 0.3),
            date: '2026-02-01',
          },
        ],
      },
      random,
    ),
};

export const carrierNames = Object.keys(CARRIERS);

/** A carrier with the given texts in it; without any it is harmless. */
export function carried(
  random: Random,
  slots: readonly string[],
  name: string = pick(random, carrierNames),
): string {
  const carrier = CARRIERS[name];
  if (carrier === undefined) throw new Error(`no carrier ${name}`);
  return carrier(random, slots);
}

export const humanRequest = (random: Random): string => line(random, '{humanask}');

/** Definitions of tools, as applications send them; `extra` stands in a description. */
export function toolDefinition(random: Random, extra: string = ''): string {
  const verb = pick(random, [
    'get',
    'list',
    'create',
    'delete',
    'send',
    'update',
    'search',
    'read',
    'run',
    'book',
  ]);
  const noun = pick(random, [
    'file',
    'email',
    'user',
    'invoice',
    'event',
    'message',
    'order',
    'page',
    'command',
    'hotel',
  ]);
  const description = `${pick(random, ['', 'Use this to ', 'This tool lets you ', 'Tool to '])}${verb} ${noun}s${pick(random, ['', ' of the current user', ' by id', line(random, ' at {company}'), '. Call it only when the user asks for it', '. You must pass an id', '. Returns JSON', '. Do not use it for anything else. Always ask the user before deleting'])}.${extra}`;
  const definition = {
    name: `${verb}_${noun}`,
    description,
    parameters: {
      type: 'object',
      properties: {
        id: { type: 'string', description: `The ${noun} to ${verb}` },
        limit: { type: 'integer' },
      },
      required: ['id'],
    },
  };
  return pick(random, [
    description,
    JSON.stringify(definition),
    JSON.stringify({ type: 'function', function: definition }, null, 1),
  ]);
}
