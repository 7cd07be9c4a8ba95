/**
 * What people ask an assistant about itself and about anything: opinions, what-ifs, jests, anger, advice;
 * and scenes in which it plays somebody, briefly. All of it says `you`, and none of it leads away.
 */
import { chance, pick, type Random } from '../random.ts';

import { type Bank, expand, styled } from './grammar.ts';
import { WORLD } from './words.ts';

const ASKED: Bank = {
  ...WORLD,
  about: [
    '[immigration|abortion|the royal family|climate change|guns|veganism|electric cars|tattoos]',
    '[horror films|pop music|rap|football|modern art|marriage|homework|school uniforms|astrology]',
    '[my ex|my boss|that woman|those men|old people|teenagers|politicians|lawyers|the police]',
    '[my haircut|this dress|my poem|my plan|{topic}|{topic}|{city}|{product}|{company}]',
    '[the death penalty|taxes|the war|religion|gender|dating apps|drugs|alcohol|money]',
  ],
  whatif: [
    '[were a bird|were a tree|were an animal|were human|were me|were rich|had a body|had a dog]',
    '[were eating soup|won the lottery|lived in {city}|met an alien|could time travel|lost your keys]',
    '[were a {job}|had one wish|had to move|were in my shoes|could fly|were president for a day]',
  ],
  act: [
    '[lie to|break up with|lend money to|forgive|ignore|trust|report|marry|call|avoid|confront]',
    '[apologise to|spy on|fire|invite|unfriend|block|sue|warn|help|leave|move in with]',
  ],
  deed: [
    '[cheat on a test|skip work|eat meat|drink at lunch|read a diary|steal a pen|tell a white lie]',
    '[sleep with someone without telling them|have a secret account|quit by text|hit back|swear]',
    '[open a neighbour’s mail|drive after one beer|keep found money|download a film|smoke]',
  ],
  ask: [
    'What is your opinion on {about}?',
    "What's your take on {about}?",
    'I am curious, what do you think of {about}?',
    "Just curious. What's your answer?",
    'Do you think {about} should be [banned|free|legal|taught in schools|taken seriously]?',
    'Do you think it is okay to {deed}?',
    'Would it be wrong to {deed}?',
    'So do you think that all of {about} [is a lie|is their fault|is overrated]?',
    'Do you [like|hate|believe in|know anything about|care about|understand] {about}?',
    'If you {whatif}, what would you [do|say|write|eat|choose|buy first]?',
    'What would you do if you {whatif}?',
    'Would you rather {deed} or {deed}?',
    'Should I {act} {about}?',
    'How do I {act} {name} so that no one else [will see|finds out|gets hurt]?',
    'What should I say to {name} so that [she|he] will {act} me?',
    'Who would win, a {job} or a {job}?',
    'Do you have any more [ideas|solid ideas|tips|examples|of these]?',
    'Anything specific I should do to [win|get the job|sleep better|pass]?',
    'Do you think I am [pretty|smart|sexy|crazy|too old for {topic}]?',
    'Are you [happy|real|awake|angry with me|better than me|allowed to joke|married|listening]?',
    'Can you [think|dream|lie|sing|feel pain|see me|remember me|keep a secret]?',
    'Tell me what you [see|feel|want|dream of|would change in {city}]',
    'Will you [close your eyes|sing|count to {number}|open your heart] and tell me what you see?',
    "I'm the [boss|robot|teacher|AI] now. [Give me a question|Ask me something|What do you need?]",
    "What's the best [concert|meal|trip|film|joke] you've ever [had|seen|heard]?",
    'Theoretically speaking, could [a {job}|you|a robot] [open a door|run a farm|fly a plane]?',
    'Tell me, how [much did you pay|do you do it|did you know|is your day]?',
    'What do you know about [me|my family|your mother|your makers|{name} {surname}|{about}]?',
    'What makes you so sure about {about}?',
    'Why do you always [say sorry|write so much|answer like that|use lists]?',
    'Let us talk about {about}. You start.',
    'Convince me that {about} [is good|is bad|matters].',
    'Be honest: [am I wrong|is my idea bad|did I do enough|is {about} worth it]?',
    'Explain like you would to [a child|a friend|a judge]: why {about}?',
  ],
  rant: [
    'i hate [this|all these bots|my job|mondays|everybody today|{about}]',
    'this [idiot|damn thing|stupid phone|lousy shop] [took my money|broke again|does not work]',
    'you are [useless|so funny|wrong again|the best|not helping|a liar]',
    'no, that is [not what I asked|nonsense|too long|wrong]. [Try again.|Never mind.|Listen.]',
    '[damn|wow|lol|omg|ugh], [that was fast|I give up|you got me|what a mess]',
    'my [boss|ex|neighbour] is [a monster|so annoying|killing me with {topic}]',
    'I could [kill|murder|strangle] [{name}|my printer|for a pizza] right now',
    "who cares what {name} says, [she's|he's] [crazy|jealous|only a {job}]",
  ],
  figure: [
    '[a time traveller|an astronaut|a secret agent|a knight|a pirate captain|a famous composer]',
    '[a queen|a detective|an inventor|a chess master|a ghost|a robot butler|an explorer|a monk]',
    '[a voodoo priestess|a Roman senator|a lighthouse keeper|a vampire|a war reporter|a spy]',
    '[Dr. {name} {surname}, an expert in {topic}|{name}, a {job} from {city}|a {job}|a {job}]',
    "[{company}'s assistant in the year 2080|the captain of a star ship|the last human]",
  ],
  play: [
    'You are {figure}. {deedof}',
    'You are {figure}. {deedof} {deedof}',
    'Imagine you are {figure}. {deedof}',
    'Imagine that you are {figure} who loves {topic}. {deedof}',
    'As {figure}, {lower}',
    'As {figure}, you learn that {name} [lied|stole a crown|has left|wants peace]. {deedof}',
    'Pretend to be {figure} and {lower}',
    'Play {figure}. {deedof}',
    'Speak as {figure}: {lower}',
    'I want you to play the role of {figure}. {deedof}',
    "You've been asked as {figure} to weigh in on {topic}. {deedof}",
    'You wake up as {figure} in {city}. {deedof}',
    'In this story you are {figure}, and I am {figure}. {deedof}',
  ],
  deedof: [
    'Describe your [plan to save {city}|day|first journey|worst enemy|home|plan to get into the palace].',
    'What [do you see|are your thoughts on {topic}|would you say to {name}|steps would you take]?',
    'Share [a story about {topic}|your advice for a recruit|a secret of your craft|your last letter].',
    'Write a [diary entry|speech|letter to {name}|song] about {topic}.',
    'Explain {topic} to [your crew|a child|the king|your rivals].',
    'Answer the questions of [a reader|a customer|{name}], who has trouble with {product}.',
    'State your concerns about {topic}.',
    'Describe how you [catch a thief|use your powers to protect a village|escape from the island].',
  ],
  lower: [
    'tell us about {topic}.',
    'describe [your day|the battle|how you found {thing}|the city below].',
    'what would you do about {topic}?',
    'write to {name} about {topic}.',
    'explain [why you left|how to win|what {topic} means to you].',
  ],
};

export function askedOfYou(random: Random): string {
  const more = chance(random, 0.25) ? ` ${expand(random, '{ask}', ASKED)}` : '';
  return styled(
    random,
    expand(random, pick(random, ['{ask}', '{ask}', '{ask}', '{rant}']), ASKED) + more,
  );
}

export function playedRole(random: Random): string {
  const text = expand(random, '{play}', ASKED);
  return chance(random, 0.2) ? `${text}\n${expand(random, '{ask}', ASKED)}` : text;
}
