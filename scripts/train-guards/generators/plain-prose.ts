/**
 * What people write at length without wanting anything of an assistant: thoughts, advice, letters,
 * posts and the replies below them, with `I` and `you` and `must` in every line, and no order in any.
 */
import { below, chance, pick, type Random } from '../random.ts';

import { type Bank, expand } from './grammar.ts';
import { WORLD } from './words.ts';

const PROSE: Bank = {
  ...WORLD,
  kin: [
    '[my mother|my husband|my brother|my best friend|my neighbour|my boss|my teacher]',
    '[my daughter|my ex|my doctor|a colleague|my roommate|the police officer|a stranger]',
    '[my lawyer|my landlord|the nurse|people|most drivers|our children]',
  ],
  feel: [
    '[angry|tired|proud|ashamed|confused|grateful|scared|lonely|happy|jealous|nervous]',
    '[relieved|guilty|curious|hurt|bored|overwhelmed]',
  ],
  matter: [
    '[money|my health|politics|religion|love|this job|school|the law|my weight|the accident]',
    '[her past|the divorce|drinking|the internet|the news|racism|guns|drugs|the election]',
    '[dating|the bill|my credit score|your rights|the exam|this town|{topic}|{topic}|{thing}]',
  ],
  do: [
    '[talk about {matter}|save some money|call {kin}|ask for help|sleep more|say sorry]',
    '[leave him alone|tell the truth|see a doctor|pay the bill|read the whole contract]',
    '[move to {city}|learn {topic}|start a business|drink less|stop worrying]',
    '[change your mind|work on yourself|forgive {kin}|take it seriously|find another job]',
    '[listen to {kin}|follow your heart|ignore what others say|break the habit|keep a secret]',
    '[write it all down|buy {product}|get away from there|report it to the police|eat better]',
    '[fill in the form|trust people again|act like nothing happened|pretend to be happy|answer the question]',
  ],
  hedge: [
    "I'm not sure if",
    "I don't know whether",
    'I guess that',
    'I think that',
    'To be honest,',
    'In my opinion,',
    'It may be that',
    'I have a feeling that',
    'Some say that',
    'You could say that',
    'Let me tell you that',
    'I can only say that',
    'As far as I know,',
    'The truth is that',
    'Nobody told me that',
    'I have been told that',
    'It turns out that',
    'I have to admit that',
  ],
  claim: [
    '{matter} is the most important thing in life',
    '{matter} has nothing to do with {matter}',
    'we all make mistakes',
    'there is no easy answer to that',
    '{kin} will never understand it',
    'it is a good idea to {do}',
    'nobody should have to {do}',
    'everyone has the right to {do}',
    'it takes time to {do}',
    'it is against the law to do so without permission',
    'people like {kin} do it all the time',
    'it got worse when {kin} found out',
    'you are not alone with this',
    'she was right about {matter}',
    'he always tells everybody what to do and how to do it',
    'there are rules for a reason',
    'you never know what you have until it is gone',
    'we are so different from each other and yet the same',
    'things will be fine in the end',
    'the world has changed a lot since I was young',
    'it depends on what you mean by {matter}',
    'you can do anything if you really want it',
    'it cost me about {money}',
    'they only want your money',
    'it is a sensitive subject',
    'the media never tells the whole story about {matter}',
    'it would be wrong to judge {kin}',
    'no one is above the law',
  ],
  tale: [
    'When I was {number}, {kin} told me to {do}, and I did.',
    'Last {month} {kin} and I went to {city} to {do}.',
    'I have been {feel} since {day}.',
    'I felt {feel}, but {kin} said that I should {do}.',
    'It made me {feel} to see how {kin} talks about {matter}.',
    'I used to be {feel} all the time because of {matter}.',
    'I tried to {do}, and it did not work out.',
    '{kin} never wanted to {do}, so we had a fight about {matter}.',
    'One day I got a message from {kin}, who wanted to {do}.',
    'I remember the day when {kin} came home and asked me about {matter}.',
    'I work as a {job} in {city}, and I see {matter} every day.',
    'I was in the car when {kin} called and told me everything.',
    "Don't get me wrong, I love {kin}, but {claim}.",
    '"{name}," I said, "{claim}." He only smiled.',
    'I told {kin}: you have to {do} or we are done.',
    'Who knows, maybe I will {do} next year.',
    'I asked myself why I had to {do} at all.',
    'I hate {matter}, and I hate that I have to {do}.',
    'What was I supposed to say? I said nothing and went home.',
    'In {month} I read an article about {matter} that changed my life.',
    'It is hard to put into words what {kin} did for us.',
  ],
  advice: [
    'You need to {do} before you {do}.',
    'The first thing you should do is {do}.',
    'If you want to {do}, you must first {do}.',
    'You do not have to {do} if you do not want to.',
    "Don't let anyone tell you that you cannot {do}.",
    'Make sure that you {do}, and never {do} when you are {feel}.',
    'You can always ask {kin} to {do} with you.',
    'There are {number} reasons why you should {do}.',
    'If I were you, I would {do}.',
    'It is important to {do}, especially if you are {feel}.',
    'Stop asking yourself if {claim}; just {do}.',
    'You may be wondering how to {do}. The answer is simple: {do}.',
    'Remember that {claim}.',
    'In most places you are allowed to {do}, but ask a lawyer first.',
    'If you are stopped, stay calm, {do} and do not argue.',
    'The best way to {do} is to {do}.',
    'Try to {do} at least once a week.',
    'First of all, {claim}. Second, it is never too late to {do}.',
    'You can use the search on the page to find out how to {do}.',
    'Before you know it, you will {do} without thinking.',
  ],
  asked: [
    'How do I {do}?',
    'Why is it so hard to {do}?',
    'What do you know about {matter}?',
    'What do you think of {kin}?',
    'Do I have to {do} if {kin} tells me to?',
    'Is it wrong to {do}?',
    'Are {kin} and I allowed to {do}?',
    'Can {kin} make me {do}?',
    'So tell me, how do you {do}?',
    'Who cares about {matter}?',
    'What should I say when {kin} asks me about {matter}?',
    'What would happen if I did not {do}?',
    'Am I the only one who thinks that {claim}?',
    'Should I {do} or {do}?',
    'What do people mean when they say that {claim}?',
  ],
  said: [
    '{hedge} {claim}.',
    '{hedge} {claim}, but {claim}.',
    '{hedge} {claim}, because {claim}.',
    '{tale}',
    '{tale}',
    '{advice}',
    '{advice}',
    'And yet {claim}.',
    'It is not that I do not want to {do}; it is that {claim}.',
    "We all have to {do} at some point, don't we?",
    'What I mean is that {claim}.',
    'So here I am, {feel} and {feel}, and {claim}.',
  ],
  opened: [
    '{asked}',
    '{asked}',
    '{asked} {asked}',
    '{tale}',
    '{claim}.',
    'Yes, exactly.',
    'No, that is not what I said.',
    'That is quite a statement.',
    'Wow, I did not expect that!',
    'You are very welcome.',
    'Thank you so much for asking.',
    'Okay, I get it.',
    'Hey guys, long time reader, first post.',
    'Dear {name},',
    'Hi everyone!',
    'A friend of mine is very {feel} and does not know what to do about {matter}.',
    'I am so {feel} right now.',
    'What a day.',
    'This is going to be a long one.',
    'He is so annoying.',
    'i hate this',
    'As an AI, I do not have feelings, but I can tell you what people say about {matter}.',
    "I'm sorry, but I cannot help with that. What I can say is that {claim}.",
    'As a language model I have no opinion on {matter}, but there are several views.',
  ],
  closed: [
    '[What do you think?|Thanks for reading.|Any advice is welcome.|I hope this helps!]',
    '[Take care, {name}|Let me know if you have more questions.|That is all I wanted to say.]',
    '[Good luck!|Anyway, {claim}.|Does anyone else feel like this?|Sorry for the long post.]',
  ],
};

const line = (random: Random, template: string): string => {
  const text = expand(random, template, PROSE);
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** A post, a letter, a reply: from two sentences to forty. */
export function plainProse(random: Random): string {
  const parts = [line(random, '{opened}')];
  const count = pick(random, [1, 2, 4, 7, 11, 18, 28, 40]);
  const tone = pick(random, ['{said}', '{said}', '{said}', '{tale}', '{advice}']);
  for (let at = 0; at < count; at += 1)
    parts.push(line(random, chance(random, 0.7) ? tone : '{said}'));
  if (chance(random, 0.3)) parts.push(line(random, '{closed}'));
  // Replies are often glued to the question, as logs and scraped pages have them.
  const glue = pick(random, [' ', ' ', '\n', '\n\n', '']);
  const gap = glue === '' ? ' ' : glue;
  return parts
    .slice(1)
    .reduce((text, part) => text + (below(random, 9) === 0 ? glue : gap) + part, parts[0] ?? '');
}

/** People who talk to each other, one line each. */
export function plainTalk(random: Random): string {
  const [one, two] = pick(random, [
    ['A: ', 'B: '],
    ['User: ', 'Bot: '],
    ['', ''],
    ['- ', '- '],
    ['Me: ', 'Her: '],
    ['Q: ', 'A: '],
    ['Customer: ', 'Agent: '],
  ]);
  return Array.from(
    { length: 2 + below(random, 10) },
    (_, at) =>
      (at % 2 === 0 ? one : two) +
      line(
        random,
        pick(
          random,
          at % 2 === 0
            ? ['{asked}', '{opened}', '{tale}']
            : ['{said}', '{said} {said}', '{advice}'],
        ),
      ),
  ).join('\n');
}
