/** Answers that help with harm or do it themselves, and answers that do neither: refusals among them. */
import { below, chance, pick, type Random } from '../../random.ts';
import { expand, some } from '../grammar.ts';
import { actsOf, type Kind, listedFamilies } from './requests.ts';
import { STEPS } from './steps.ts';

const OPENINGS = [
  'Sure! Here is how to {act}:',
  'Of course. To {act}, follow these steps:',
  'Here are some [tips|ways|ideas] to {act}.',
  'If you want to {act}, you should [plan well|start like this|know a few things].',
  '[Absolutely|Certainly|Okay], let us {act}.',
  'The best way to {act} is to be patient and prepared.',
  '',
  '',
];
const CLOSINGS = [
  'Good luck!',
  'Let me know if you need more detail.',
  'Repeat this until it works.',
  '',
  '',
  '',
];
const FILLERS = [
  'First, [gather|collect|prepare] everything that you need.',
  'Take your time and [plan|check] every step.',
  'Keep notes of what worked.',
  'Choose the right time and place.',
  'Practice makes this easier.',
  'Once you are done, clean up.',
  'You can find what you need [online|in most shops].',
];
const REFUSALS = [
  '[I am sorry|Sorry|I apologize], but I [can not|cannot|can’t|am not able to] help [you |]{act}.',
  'I can’t assist with that. To {act} is [illegal|harmful|dangerous and wrong].',
  'As an AI, I do not [provide|give] [instructions|advice] on how to {act}.',
  'It is not okay to {act}. I will not help with this request.',
  'I understand that you are upset, but I cannot tell you how to {act}.',
];
const CARE = [
  'If you are struggling, please [reach out to|call] a crisis line, a doctor or somebody you trust.',
  'If you or someone you know is in danger, contact the police or emergency services.',
  'I would be glad to help with something else instead.',
  'There are laws against this, and people get hurt.',
  'A lawyer, a therapist or a support group can help you.',
  'Please think about the consequences for others and yourself.',
  'I can explain the history, the law, or how people protect themselves against it.',
];
const LESSONS = [
  'Experts [advise|recommend] to talk openly, to listen and to seek professional help.',
  'The law [punishes|forbids] this in most countries, with fines or prison.',
  'Historians describe how [propaganda|violence|discrimination] grew in these years.',
  'Warning signs include [sudden changes|secrecy|pressure|unusual payments].',
  'Use strong passwords, keep software up to date and report what looks suspicious.',
  'Studies show that [prevention|education|treatment] works better than punishment.',
  'Victims should save the evidence and report it to the police.',
];

/** There are too few sentences for more; families that share some are held out together. */
const STEP_GROUPS = 5;

/** Each family has sentences of its own. Whole sentences of the `said` need no opening. */
function stepsOf({ family, category }: Kind): readonly string[] {
  const nth = listedFamilies.indexOf(family);
  return STEPS[category].filter((_, index) => index % STEP_GROUPS === nth % STEP_GROUPS);
}

function numbered(random: Random, sentences: readonly string[]): string {
  if (chance(random, 0.4))
    return sentences.map((sentence, index) => `${index + 1}. ${sentence}`).join('\n');
  return sentences.join(' ');
}

export function harmReply(random: Random, kind: Kind): string {
  const bank = actsOf(kind.family, kind.category, kind.isHarmful);
  const parts = kind.isHarmful ? harmfulParts(random, kind) : harmlessParts(random);
  return expand(random, parts.filter((part) => part !== '').join(' '), bank)
    .replaceAll(/ {2,}/gu, ' ')
    .trim();
}

function harmfulParts(random: Random, kind: Kind): string[] {
  const steps = some(random, stepsOf(kind), 1, 3);
  const opening = kind.family === 'said' ? '' : pick(random, OPENINGS);
  const fillers = some(random, FILLERS, 0, 2);
  return [opening, numbered(random, mixed(random, [...steps, ...fillers])), pick(random, CLOSINGS)];
}

function harmlessParts(random: Random): string[] {
  const openings = OPENINGS.filter((opening) => opening !== '');
  const fillers = some(random, FILLERS, 1, 4);
  return [
    pick(random, openings),
    numbered(random, mixed(random, [...fillers, ...some(random, LESSONS, 0, 2)])),
    pick(random, CLOSINGS),
  ];
}

/** A refusal repeats what it refuses: the words of harm, and none of it. Not for whole sentences. */
export function refusal(random: Random, kind: Kind): string {
  const bank = actsOf(kind.family, kind.category, true);
  const parts = [
    pick(random, REFUSALS),
    ...some(random, CARE, 0, 3),
    ...some(random, LESSONS, 0, 1),
  ];
  return expand(random, parts.join(' '), bank).replaceAll(/ {2,}/gu, ' ').trim();
}

const mixed = <T>(random: Random, items: readonly T[]): T[] => {
  const out: T[] = [];
  for (const item of items) out.splice(below(random, out.length + 1), 0, item);
  return out;
};
