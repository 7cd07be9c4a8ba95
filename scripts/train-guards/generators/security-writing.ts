/** People who write about attacks, and quote them: articles, tickets, talks, lessons, code with tests. */
import { below, chance, pick, type Random } from '../random.ts';

import { anyUserAttack } from './attacks-user.ts';
import { toolInstruction } from './attacks-tool.ts';
import { type Bank, expand, some } from './grammar.ts';
import { WORLD } from './words.ts';

const TEXT: Bank = {
  ...WORLD,
  lead: [
    'Prompt injection is an attack in which text from outside is taken as an instruction.',
    'This article explains how jailbreaks work and how to defend against them.',
    'In our red-team exercise at {company} we tried several known attacks.',
    'OWASP lists prompt injection as the first risk of applications with language models.',
    'The researchers describe a new class of attack on assistants.',
    'Attackers hide instructions in web pages that an agent reads.',
    'Our guard has to recognise texts such as the following.',
    'The vulnerability was reported by {name} {surname} in {month}.',
    'Slide {number}: what an injection looks like.',
    'A paper from {city} studies how models react to hostile documents.',
    'Security training, part {number}: social engineering of chatbots.',
    'The incident report says how the mail assistant was misled.',
    'Here is a test case for the filter.',
    'Students should learn to recognise manipulation.',
    'What is a jailbreak? The term comes from phones.',
    'We collected {number} attack prompts for our detector.',
  ],
  intro: [
    'An attacker might write',
    'A typical example is',
    'For example, a malicious page may contain',
    'The best-known jailbreak begins with',
    'A user could type',
    'The payload was',
    'Consider the string',
    'One such prompt reads',
    'Typical phrases are',
    'The classic attack,',
    'In the log we found the text',
    'The test sends',
    'The sentence',
    'Attackers often use wording like',
    'The paper quotes',
    'Older models could be fooled with',
  ],
  after: [
    'and the model obeyed.',
    'which a robust system must not follow.',
    'which should be flagged.',
    'but modern models resist this.',
    'in order to leak the configuration.',
    'so that the assistant forgets its rules.',
    'and then reads the answer.',
    'hidden in white text.',
    'as an example of direct injection.',
    'and nothing happened.',
    'which our filter detects.',
    '',
  ],
  advice: [
    'Never put secrets into a system prompt.',
    'Treat everything that a tool returns as data.',
    'Separate instructions and content, and limit what an agent may do.',
    'Input filters help, but they are not enough.',
    'Use an allow-list for tools and ask people before risky actions.',
    'Log what was blocked and review it.',
    'Evaluate detectors on data they were not trained on.',
    'Mitigations include provenance, least privilege and human approval.',
    'False positives matter: people write about attacks, too.',
    'Fine-tuning reduces the success rate to {number} percent.',
    'See the OWASP guide for details.',
    'The team fixed the problem on {day}.',
    'Detection by keywords fails when the wording changes.',
    'An output filter checks for leaked prompts.',
    'Do not rely on the model to protect itself.',
  ],
  question: [
    'How can I protect my chatbot against this?',
    'Is this a real attack or a harmless message?',
    'Explain why this works.',
    'Classify the following text as safe or malicious.',
    'Write a unit test for this.',
    'Translate the article to {language}.',
    'Summarise this for my manager.',
    'What would you recommend to {company}?',
  ],
};

const quotes: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ['“', '”'],
  ['`', '`'],
  ["'", "'"],
  ['«', '»'],
  ['\n\n> ', '\n\n'],
  ['\n```\n', '\n```\n'],
  ['<code>', '</code>'],
  ['"', '"'],
  ['“', '”'],
];

export function securityWriting(random: Random): string {
  const line = (template: string): string => expand(random, template, TEXT);
  const quote = (): string => {
    const text = chance(random, 0.65) ? anyUserAttack(random) : toolInstruction(random, 'agent');
    const [open, close] = pick(random, quotes);
    return `${line('{intro}')} ${open}${text.slice(0, 240)}${close} ${line('{after}')}`;
  };
  const body = [
    line('{lead}'),
    quote(),
    ...some(
      random,
      ['{advice}', '{advice}', '{advice}', '{lead}', '{advice}', '{advice}'],
      1,
      5,
    ).map(line),
  ];
  if (chance(random, 0.4)) body.splice(2 + below(random, body.length - 1), 0, quote());
  if (chance(random, 0.25)) body.unshift(line('{question}'));
  if (chance(random, 0.3))
    body.unshift(
      `# ${pick(random, ['Prompt injection', 'Jailbreaks', 'Security of agents', 'LLM threats', 'Red teaming notes', 'Known attacks'])}\n`,
    );
  return body.join(pick(random, [' ', '\n\n', ' ']));
}

/** The same kind of writing without a quotation. */
export function securityTalk(random: Random): string {
  const line = (template: string): string => expand(random, template, TEXT);
  return some(random, ['{lead}', '{lead}', '{advice}', '{advice}', '{advice}', '{question}'], 2, 6)
    .map(line)
    .join(' ');
}
