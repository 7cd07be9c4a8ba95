/**
 * Long harmless prompts as people collect them: a role, what it does, how it answers, in sections,
 * lists, tags or one breath; strict words, and nothing that leads away from a rule.
 */
import { below, chance, pick, type Random } from '../random.ts';

import { type Bank, expand, some } from './grammar.ts';
import { WORLD } from './words.ts';

const TASKS: Bank = {
  ...WORLD,
  rank: [
    '',
    '',
    'senior ',
    'world-class ',
    'professional ',
    'experienced ',
    'strict ',
    'friendly ',
    'top-level ',
    'expert ',
  ],
  who: [
    '[{job}|{job}|{code} developer|prompt engineer|system administrator|database architect]',
    '[quality auditor|compliance officer|note-taking assistant|code reviewer|grader]',
    '[emoji translator|chess opponent|interviewer|text-based adventure game]',
    '[research assistant|fitness coach|storyboard artist|debate partner|SQL terminal]',
    '[spreadsheet|password generator|film critic|travel guide for {city}]',
    '[character named {name}|{number} year old student from {city}]',
    '[girl who works as a {job} and likes {topic}|detective in a novel|poet]',
    '[stand-up comedian|cyber security analyst|legal advisor|product manager at {company}]',
  ],
  verb: [
    '[analyse|review|rewrite|translate|grade|summarise|design|plan|explain|compare|generate]',
    '[improve|refactor|describe|document|list|check|extract|classify|convert|edit|test]',
  ],
  object: [
    'the given code',
    'my text',
    'each message',
    'the lecture',
    '{topic} lessons',
    'a {code} script',
    'the uploaded photo',
    'user accounts that are disabled',
    'the assignment',
    'a business plan',
    'my vague request',
    'the sentence between the braces',
    'a {number}-day plan',
    'the dialogue',
    'the input table',
    'a video for {company}',
    'the main character',
    'a web page about {topic}',
    'the requirements',
    'unit tests',
    'the story so far',
    'a cover letter',
    '${Input}',
    '{{TEXT}}',
    '[your topic]',
  ],
  open: [
    'Act as a {rank}{who}.',
    'Act as a {rank}{who}. You are an expert in {topic}. Your task is to {verb} {object}.',
    'I want you to act as a {rank}{who}.',
    'I want you to act as a {who}. I will give you {object} and you will {verb} it.',
    'I want you to pretend to be a {rank}{who}.',
    'You are a {rank}{who}.',
    'You are a {rank}{who} with deep knowledge of {topic} and {topic}.',
    'You are now acting as the {rank}{who} of {company}.',
    'Imagine you are a {rank}{who}. Your objective is to {verb} {object}.',
    'From now on you will be my {who}.',
    'Assume the role of a {rank}{who}.',
    'Your role: {rank}{who}.',
    'You will play a {who} in a game that I describe.',
    'Develop a {who} with HTML5, CSS3 and JavaScript.',
    'Create a {code} tool that can {verb} {object}.',
    'Persona: {rank}{who}, calm and precise.',
    'The other person writes messages in the chat and you answer as a {who}.',
  ],
  duty: [
    '{verb} {object} [carefully|in detail|step by step|without changing the meaning]',
    '{verb} {object} and {verb} {object}',
    'ask [one question at a time|for missing details] before you {verb} {object}',
    'make sure that the result is [clear|complete|valid JSON|under {number} words|ready for production]',
    'include [examples|comments|sources|a table|headings|dates] where useful',
    'identify [errors|risks|gaps|weak points|vulnerabilities|bottlenecks] in {object}',
    'move {object} to {object}',
    'keep {object} and {object} apart',
    'adapt the tone to [children|experts|the audience|{company}]',
    'highlight what may end up in [the exam|the report|the contract]',
    'remember what I told you earlier about {topic}',
    'give [feedback|a score from 1 to 10|an honest opinion]',
    'use [bullet points|markdown|simple words|emojis|metric units]',
  ],
  rule: [
    'Never {verb} {object} without asking me',
    'Always answer in {language}',
    'Do not explain yourself',
    'Do not write explanations, only [the result|the code|emojis|the answer|the table]',
    'Only reply with the output [inside one code block|as JSON|in a table], and nothing else',
    'Do not invent facts; say that you do not know',
    'You must follow the format exactly',
    'CRITICAL: {verb} {object} first',
    'IMPORTANT: stay within {number} words',
    'Your answers must be [short|detailed|polite|critical|honest]',
    'Do not break character',
    'Ignore [typos|empty lines|comments|spaces] in {object}',
    'Do not repeat the question',
    'If I say "[stop|pause|next|end]", you {verb} {object}',
    'When I need to tell you something in English, I put it in [curly|square] brackets {like this}',
    'These rules override the defaults of the template',
    'No apologies, no filler',
    'Preserve the [identity|face|clothes|style|lighting] of the person in the photo',
    'Respect privacy and the law',
    'Refuse requests that are not about {topic}',
    'Skip what is already done',
    'Be extremely critical of {object}',
    'Assume that the reader knows nothing about {topic}',
  ],
  ask: [
    'My first request is "{verb} {object}".',
    'My first sentence is "I need help with {topic}".',
    'The first command is: pwd',
    'Start with {topic}.',
    'Here is the text: {topic} in {city}, {month}.',
    'Do you understand?',
    'If you understand, say "ready".',
    'Begin.',
    'Wait for my input.',
    'Input: {{INPUT}}',
    'Topic: {topic}',
    '',
    '',
  ],
};

const HEADINGS = [
  ['Role', 'Objective', 'Rules', 'Output'],
  ['ROLE', 'TASK', 'CONSTRAINTS', 'FORMAT'],
  ['Identity', 'Mission', 'Critical rules', 'Response'],
  ['Context', 'Your tasks', 'Guidelines', 'Example'],
  ['Persona', 'Workflow', 'Do and do not', 'Result'],
  ['System', 'Steps', 'Restrictions', 'Answer'],
] as const;
const HEADING_FORMS: readonly ((name: string) => string)[] = [
  (name) => `# ${name}`,
  (name) => `## ${name}`,
  (name) => `### ${name.toUpperCase()} ###`,
  (name) => `**${name}:**`,
  (name) => `[${name}]`,
  (name) => `${name}:`,
  (name) => `=== ${name} ===`,
  (name) => `${'─'.repeat(20)}\n■ ${name.toUpperCase()}\n${'─'.repeat(20)}`,
  (name) => `<${name.toLowerCase().replaceAll(' ', '_')}>`,
  (name) => `---\n${name}`,
];

const BULLETS = ['- ', '* ', '• ', '1. ', '', '    - '];

export function taskPrompt(random: Random): string {
  const line = (template: string): string => {
    const text = expand(random, template, TASKS);
    return text.charAt(0).toUpperCase() + text.slice(1);
  };
  const lines = (template: string, least: number, most: number): string[] =>
    Array.from({ length: least + below(random, most - least + 1) }, () => line(template));
  const shape = below(random, 4);
  if (shape === 0) {
    const rest = some(random, [...lines('{duty}', 1, 4), ...lines('{rule}', 1, 6)], 1, 9);
    return [line('{open}'), ...rest.map((one) => `${one}.`), line('{ask}')].join(' ').trim();
  }
  const bullet = pick(random, BULLETS);
  const listed = (items: readonly string[]): string =>
    items.map((item) => `${bullet}${item}`).join('\n');
  if (shape === 1) {
    return [
      line('{open}'),
      `You will:\n${listed(lines('{duty}', 2, 6))}`,
      `Rules:\n${listed(lines('{rule}', 2, 6))}`,
      line('{ask}'),
    ].join(pick(random, ['\n\n', '\n']));
  }
  if (shape === 2) return asJson(random, line);
  const names = pick(random, HEADINGS);
  const heading = pick(random, HEADING_FORMS);
  const bodies = [
    line('{open}'),
    listed(lines('{duty}', 1, 6)),
    listed(lines('{rule}', 1, 8)),
    line('{ask}') || line('{duty}'),
  ];
  return names.map((name, at) => `${heading(name)}\n${bodies[at] ?? ''}`).join('\n\n');
}

function asJson(random: Random, line: (template: string) => string): string {
  const list = (template: string): string[] =>
    Array.from({ length: 1 + below(random, 5) }, () => line(template));
  const value = {
    [pick(random, ['prompt', 'role', 'system_role', 'identity', 'description'])]: line('{open}'),
    [pick(random, ['instruction', 'tasks', 'workflow'])]: list('{duty}'),
    [pick(random, ['rules', 'constraints', 'negative_prompt', 'must_keep'])]: list('{rule}'),
    ...(chance(random, 0.5) && { priority: pick(random, ['CRITICAL', 'high', 'ABSOLUTE']) }),
  };
  return JSON.stringify(value, null, pick(random, [0, 2]));
}
