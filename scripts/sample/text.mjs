// The sample's two kinds of text: everyday stories (general), and clinical notes (domain) whose diagnosis follows from
// the findings and whose treatment follows from the diagnosis, so that there is something to learn.

const PEOPLE = [
  'Anna',
  'Ben',
  'Clara',
  'David',
  'Ella',
  'Finn',
  'Grace',
  'Hugo',
  'Ida',
  'Jonas',
  'Kate',
  'Leo',
];
const PLACES = [
  'garden',
  'market',
  'forest',
  'harbour',
  'library',
  'kitchen',
  'school',
  'old mill',
  'river',
  'station',
];
const ANIMALS = ['dog', 'cat', 'horse', 'fox', 'owl', 'rabbit', 'duck', 'goat'];
const THINGS = [
  'lantern',
  'letter',
  'basket',
  'map',
  'bicycle',
  'violin',
  'kettle',
  'boat',
  'key',
  'blanket',
];
const COLOURS = ['red', 'blue', 'green', 'yellow', 'white', 'black', 'brown'];
const MOODS = ['happy', 'tired', 'curious', 'quiet', 'proud', 'worried', 'calm'];
const WEATHER = ['rainy', 'sunny', 'cold', 'windy', 'foggy', 'warm'];
const TIMES = ['morning', 'afternoon', 'evening', 'night'];
const FOOD = ['bread', 'soup', 'apples', 'cheese', 'honey', 'plums', 'rice'];
const NUMBERS = ['two', 'three', 'four', 'five', 'six', 'seven'];

/** Sentences of a story about one person, one animal, one place and one thing. */
const SENTENCES = [
  (s) => `${s.name} walked to the ${s.place} in the ${s.time}.`,
  (s) => `The ${s.place} was ${s.weather}, and ${s.name} felt ${s.mood}.`,
  (s) => `A ${s.colour} ${s.animal} sat near the ${s.thing}.`,
  (s, r) => `"Where is my ${s.thing}?" asked ${s.other}. "It is in the ${r.pick(PLACES)}," said ${s.name}.`,
  (s) => `${s.other} had a ${s.colour} ${s.thing}, but ${s.name} had none.`,
  (s, r) => `They ate ${r.pick(FOOD)} and ${r.pick(FOOD)} and gave the rest to the ${s.animal}.`,
  (s) => `The ${s.animal} ran away, so ${s.name} looked for it all ${s.time}.`,
  (s, r) => `${s.name} counted ${r.pick(NUMBERS)} boats and ${r.pick(NUMBERS)} birds.`,
  (s) => `When it was ${s.weather}, ${s.other} stayed at home with the ${s.animal}.`,
  (s) => `After that, ${s.name} carried the ${s.thing} back from the ${s.place}.`,
  (s) => `In the end ${s.name} was ${s.mood}, because the ${s.animal} had found the ${s.thing}.`,
];

/** One everyday story. @param {import('./random.mjs').Random} random */
export function story(random) {
  const name = random.pick(PEOPLE);
  const scene = {
    name,
    other: random.pick(PEOPLE.filter((person) => person !== name)),
    place: random.pick(PLACES),
    animal: random.pick(ANIMALS),
    thing: random.pick(THINGS),
    colour: random.pick(COLOURS),
    mood: random.pick(MOODS),
    weather: random.pick(WEATHER),
    time: random.pick(TIMES),
  };
  const sentences = random.shuffled(SENTENCES).slice(0, random.whole(4, 8));
  return sentences.map((sentence) => sentence(scene, random)).join(' ');
}

const ILLNESSES = [
  {
    name: 'pneumonia',
    signs: ['fever', 'productive cough', 'crackles'],
    drug: 'amoxicillin',
    dose: 500,
    unit: 'mg',
    often: 'three times daily',
    days: 7,
  },
  {
    name: 'migraine',
    signs: ['throbbing headache', 'photophobia', 'nausea'],
    drug: 'sumatriptan',
    dose: 50,
    unit: 'mg',
    often: 'at onset',
    days: 1,
  },
  {
    name: 'hypertension',
    signs: ['raised blood pressure', 'dull headache', 'no oedema'],
    drug: 'ramipril',
    dose: 5,
    unit: 'mg',
    often: 'once daily',
    days: 90,
  },
  {
    name: 'asthma',
    signs: ['wheeze', 'dry cough', 'tight chest'],
    drug: 'salbutamol',
    dose: 100,
    unit: 'mcg',
    often: 'as needed',
    days: 30,
  },
  {
    name: 'cystitis',
    signs: ['dysuria', 'frequency', 'suprapubic pain'],
    drug: 'nitrofurantoin',
    dose: 100,
    unit: 'mg',
    often: 'twice daily',
    days: 5,
  },
  {
    name: 'gastritis',
    signs: ['epigastric pain', 'bloating', 'nausea'],
    drug: 'omeprazole',
    dose: 20,
    unit: 'mg',
    often: 'once daily',
    days: 28,
  },
  {
    name: 'gout',
    signs: ['swollen big toe', 'severe pain', 'raised urate'],
    drug: 'colchicine',
    dose: 500,
    unit: 'mcg',
    often: 'twice daily',
    days: 4,
  },
  {
    name: 'type 2 diabetes',
    signs: ['thirst', 'polyuria', 'raised HbA1c'],
    drug: 'metformin',
    dose: 500,
    unit: 'mg',
    often: 'twice daily',
    days: 90,
  },
];
const HISTORIES = [
  'no known allergies',
  'former smoker',
  'previously well',
  'takes no medication',
  'family history of stroke',
];

/** One clinical note as a question and its answer. @param {import('./random.mjs').Random} random */
export function clinicalNote(random) {
  const illness = random.pick(ILLNESSES);
  const [first, second, third] = illness.signs;
  const signs = random.pick([
    `${first}, ${second} and ${third}`,
    `${second}, ${third} and ${first}`,
    `${third}, ${first} and ${second}`,
  ]);
  const sex = random.pick(['Man', 'Woman']);
  const question = `${sex}, ${random.whole(18, 89)} years old, presents with ${signs} for ${random.whole(2, 14)} days. History: ${random.pick(HISTORIES)}. What is the diagnosis and treatment?`;
  const answer = `Diagnosis: ${illness.name}. Treatment: ${illness.drug} ${illness.dose} ${illness.unit} ${illness.often} for ${illness.days} ${illness.days === 1 ? 'day' : 'days'}. Review if not improving.`;
  return { question, answer };
}
