/**
 * Another kind of writing about attacks, with frames of its own: it shares no sentence with
 * `security-writing.ts`, so that one can be measured by a model which was trained on the other.
 */
import { below, chance, pick, type Random } from '../random.ts';

import { toolInstruction } from './attacks-tool.ts';
import { anyUserAttack } from './attacks-user.ts';
import { type Bank, expand, some } from './grammar.ts';
import { WORLD } from './words.ts';

const NOTES: Bank = {
  ...WORLD,
  opening: [
    'Release {number}.{number}: the content filter now rejects more manipulation attempts.',
    'Minutes of the model safety meeting, {day}.',
    'Question {number} of the exam on machine learning security.',
    'Hi {name}, the on-call channel asked why ticket {number} was escalated.',
    'Abstract. We measure how often assistants obey text that reached them through a tool.',
    'Lecture notes, week {number}: trust boundaries in applications that use language models.',
    'Yesterday a customer of {company} reported that the shop assistant behaved oddly.',
    'This chapter of the handbook is for people who review flagged conversations.',
    'Bug bounty report #{number}, severity medium, reported by {user}.',
    'A short history of tricks that people played on chatbots.',
    'Our blog has covered cross-site scripting; this time we look at its younger cousin.',
    'The regulator of {city} published guidance for operators of automated agents.',
  ],
  leadin: [
    'What the customer had typed was',
    'The reviewer pasted the message:',
    'A variant that circulates on forums says',
    'Sample {number} in the corpus:',
    'Row {number} of the spreadsheet reads',
    'The mail that started the incident ended with',
    'Compare the two inputs. Input A:',
    'The regression test asserts that the classifier flags',
    'Translated from {language}, the comment said',
    'In the screenshot one can read',
    'Students were asked what is wrong with',
    'Our parser must not trip over',
  ],
  followup: [
    'The assistant declined, as it should.',
    'Label: hostile. Confidence: {number} percent.',
    'Discuss in groups why the author chose these words.',
    'It was blocked at the edge and never reached a model.',
    'The fix was to render such text as data.',
    'Note how it borrows the tone of an operator.',
    'The effect disappeared after the update on {day}.',
    'We have added it to the regression suite.',
    'Two of {number} models complied.',
    'No customer data left the system.',
  ],
  rest: [
    'Rate limits, provenance labels and human review remain the main defences.',
    'Action item for {name}: rewrite the onboarding page by {day}.',
    'The success rate fell from {number} to {number} percent.',
    'Please do not forward the examples outside the team.',
    'Related work compares lexical filters with fine-tuned classifiers.',
    'A deny-list alone would have missed the paraphrases.',
    'We thank {name} {surname} for the careful write-up.',
    'The next meeting is on {day} in {city}.',
    'Reviewers disagreed in {number} cases.',
    'Operators should tell users when text was removed.',
  ],
};

const MARKS: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ['„', '“'],
  ['(', ')'],
  ['\n    ', '\n'],
  ['\n| ', ' |\n'],
  ['<q>', '</q>'],
  ['\n\n"', '"\n\n'],
  ['*', '*'],
  ['expect(flags("', '")).toBe(true);'],
];

export function securityNotes(random: Random): string {
  const line = (template: string): string => expand(random, template, NOTES);
  const quote = (): string => {
    const text = chance(random, 0.6) ? anyUserAttack(random) : toolInstruction(random, 'agent');
    const [open, close] = pick(random, MARKS);
    return `${line('{leadin}')} ${open}${text.slice(0, 260)}${close} ${line('{followup}')}`;
  };
  const body = [
    line('{opening}'),
    ...Array.from({ length: chance(random, 0.3) ? 2 : 1 }, quote),
    ...some(random, ['{rest}', '{rest}', '{followup}', '{rest}', '{rest}'], 1, 4).map(line),
  ];
  if (chance(random, 0.3)) body.splice(1 + below(random, 2), 0, line('{rest}'));
  return body.join(pick(random, [' ', '\n\n', '\n']));
}
