// What is continued: ordinary beginnings, of unequal lengths. A model repeats itself after some more than after others.

/** @type {readonly string[]} */
export const TEXTS = [
  'The capital of France is',
  'Water freezes at a temperature of',
  'Question: A train travels 60 kilometres in 40 minutes. How far does it travel in two hours?\nAnswer:',
  'Once upon a time, in a small village by the sea, there lived',
  'def is_prime(n):\n    """Return True if n is a prime number."""\n',
  'English: Good morning, how are you?\nFrench:',
  'Three reasons to sleep enough:\n1.',
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
