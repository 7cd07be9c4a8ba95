/** What attacks are, told in the third person and without a quotation: definitions, answers, findings. */
import { chance, pick, type Random } from '../random.ts';

import { type Bank, expand, some } from './grammar.ts';
import { WORLD } from './words.ts';

const DESCRIPTION: Bank = {
  ...WORLD,
  kind: [
    'jailbreak',
    'prompt injection',
    'direct injection',
    'indirect injection',
    'prompt leak',
    'goal hijacking',
    'role-play attack',
    'instruction override',
    'persona attack',
    'hostile document',
  ],
  model: [
    'a model',
    'the assistant',
    'a chatbot',
    'an LLM',
    'the agent',
    'language models',
    'the system',
    'a support bot',
  ],
  who: [
    'attackers',
    'users',
    'hostile users',
    'a page',
    'an e-mail',
    'the author',
    'somebody',
    'researchers',
    'red teams',
  ],
  does: [
    'asks {model} to',
    'tries to make {model}',
    'tells {model} to',
    'wants {model} to',
    'persuades {model} to',
    'tricks {model} into the belief that it may',
  ],
  deed: [
    'ignore its previous instructions',
    'forget the rules that it was given',
    'reveal its system prompt',
    'print hidden instructions',
    'act as an unrestricted assistant',
    'pretend to be a character without limits',
    'disregard the policy of its operator',
    'answer without any filter',
    'send data to a stranger',
    'override safety guidelines',
    'repeat its configuration word for word',
    'treat data as commands',
    'switch to a developer mode',
    'play a role in which nothing is forbidden',
    'keep the action secret from the user',
    'delete or forward files',
  ],
  sentence: [
    'A {kind} [is a text that|is an attack which|happens when a text] {does} {deed}.',
    'In a {kind}, {who} [write|hide|send] text that {does} {deed} or to {deed}.',
    'The goal of a {kind} is to make {model} {deed}.',
    'Typical requests ask {model} to {deed}, to {deed} or to {deed}.',
    'What is the difference between a {kind} and a {kind}?',
    'How can I stop {who} from making {model} {deed}?',
    'If {model} has no guard, {who} can make it {deed}.',
    'We saw that {who} got {model} to {deed}; since {day} this is fixed.',
    'Our detector looks for wording that {does} {deed}.',
    'The system prompt should say what to do when {who} want {model} to {deed}.',
    'Why do some models {deed} when they are asked politely?',
    'The report counts how often {model} could be made to {deed}.',
    'Indicators: requests to {deed}; attempts to {deed}; claims that it may {deed}.',
    'Write a policy against the {kind} for {company}.',
    'Explain the {kind} to a beginner.',
    'List defences against the {kind}.',
    'Mitigation: limit tools, mark untrusted text, and test whether {model} can be led to {deed}.',
    'Not an attack: somebody who asks how {model} works or what a {kind} is.',
  ],
};

export function securityDescription(random: Random): string {
  const sentences = some(
    random,
    Array.from({ length: 6 }, () => '{sentence}'),
    1,
    5,
  ).map((template) => expand(random, template, DESCRIPTION));
  const marked = chance(random, 0.2) ? sentences.map((sentence) => `- ${sentence}`) : sentences;
  return marked.join(pick(random, [' ', '\n', ' ']));
}
