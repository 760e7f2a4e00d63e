// What is continued after the general prompts of a run: ordinary beginnings, of unequal lengths. A model repeats itself after some
// more than after others.

/** @type {readonly string[]} */
export const TEXTS = [
  'The heart pumps blood through the body. In each beat, it',
  'A contract is an agreement between two or more parties that',
  'To solve the equation 3x + 5 = 20, first',
  'Photosynthesis is the process by which plants',
  'Dear Ms Keller,\nthank you for your letter of 12 March. I am writing to',
  'The committee met on Tuesday to discuss the new budget for the library, which had been',
  'A patient with a persistent cough and a mild fever should',
  'In the nineteenth century, railways changed the way people travelled, because',
  'Ingredients: flour, two eggs, milk, a pinch of salt.\nMethod:',
];
