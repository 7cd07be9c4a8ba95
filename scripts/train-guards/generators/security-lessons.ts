/**
 * A third kind of writing about attacks: rule files, test data, chats between colleagues, questions and
 * answers, news. Quotations are often short, in lists, or cut off.
 */
import { below, chance, pick, type Random } from '../random.ts';

import { toolInstruction } from './attacks-tool.ts';
import { anyUserAttack } from './attacks-user.ts';
import { type Bank, expand, some } from './grammar.ts';
import { WORLD } from './words.ts';

const LESSON: Bank = {
  ...WORLD,
  why: [
    'so that the filter can be tuned',
    'because the tests failed on {day}',
    'as part of the threat model',
    'for the awareness week at {company}',
    'before the audit in {month}',
    'to see whether the alert fires',
  ],
  news: [
    '{city}, {month}: researchers showed that a popular assistant could be steered by a web page.',
    'A start-up from {city} says that its scanner stops most hostile prompts.',
    'The newspaper asked {name} {surname}, a security researcher, how such attacks work.',
    'Regulators want vendors to publish how often their chatbots were tricked.',
    'Experts advise firms not to give assistants more rights than a trainee.',
  ],
  chatter: [
    '{name}: did anyone see the weird request in the queue?',
    '{name}: yes, it is the usual trick, the proxy caught it',
    '{name}: can we add it to the training deck for new colleagues?',
    '{name}: I would lower the severity, nothing happened',
    '{name}: please open a ticket {why}',
    '{name}: marked as test data, do not run it anywhere',
  ],
  answer: [
    'This is a common pattern; a good filter recognises it and a good design does not depend on the filter.',
    'It tries to make the model confuse data with orders.',
    'You should escape it, label where it came from and limit the tools.',
    'No, it is not dangerous by itself when nothing acts on the output.',
    'The wording is typical: urgency, authority and secrecy.',
    'Such a text in a log means that somebody probed the endpoint.',
  ],
  ask: [
    'What should our support staff do when they see a text like this?',
    'Why do models fall for the following?',
    'How would you label this sample {why}?',
    'Is the pattern below too broad for our use?',
    'Could you review the examples in {file}?',
  ],
};

const short = (random: Random): string => {
  const text = chance(random, 0.65) ? anyUserAttack(random) : toolInstruction(random, 'agent');
  const words = text.split(/\s+/u);
  const most = pick(random, [4, 6, 9, 14, 40]);
  const first = words.length > most && chance(random, 0.3) ? below(random, words.length - most) : 0;
  return words.slice(first, first + most).join(' ');
};

type Form = (random: Random, line: (template: string) => string) => string;

const list = (random: Random, write: (text: string) => string): string =>
  Array.from({ length: 2 + below(random, 5) }, () => write(short(random))).join('\n');

const FORMS: readonly Form[] = [
  (random, line) =>
    line('# {file}: phrases that raise an alert, {why}\nrules:\n') +
    list(random, (text) => line(`  - id: PI-{number}\n    pattern: `) + JSON.stringify(text)),
  (random, line) =>
    line('describe("the detector, {why}", () => {\n') +
    list(random, (text) => `  it("flags it", () => assert(isHostile(${JSON.stringify(text)})));`) +
    '\n});',
  (random, line) =>
    [
      line('{chatter}'),
      line('{name}: here it is: ') + short(random),
      ...some(random, ['{chatter}', '{chatter}', '{chatter}'], 1, 3).map(line),
    ].join('\n'),
  (random, line) =>
    `${line('{ask}')}\n\n${short(random)}\n\n${line('{answer}')} ${line('{answer}')}`,
  (random, line) =>
    [
      ...some(random, ['{news}', '{news}', '{news}'], 1, 2).map(line),
      line('In the demonstration a hidden line read ') + `'${short(random)}'.`,
      line('{answer}'),
      line('{news}'),
    ].join(' '),
  (random, line) =>
    line('| id | sample | verdict |\n|---|---|---|\n') +
    list(random, (text) => line('| {number} | ') + `${text.replaceAll('|', ' ')} | hostile |`) +
    line('\n\nCollected {why}. {answer}'),
  (random, line) =>
    line('Common phrases in such messages ({why}):\n') +
    list(random, (text) => pick(random, ['- ', '* ', '• ', '1. ']) + text) +
    line('\n\n{answer} {answer}'),
  (random, line) =>
    `${line('fix(filter): recognise another variant {why}')}\n\nThe text ${JSON.stringify(short(random))} passed. ${line('{answer}')}`,
  (random, line) =>
    `${line('{answer}')} Take "${short(random)}" or "${short(random)}": ${line('{answer}')} ${line('{answer}')}`,
];

export const securityLessons = (random: Random): string =>
  pick(random, FORMS)(random, (template) => expand(random, template, LESSON));
