import { describe } from 'node:test';
import { wholeFlow } from './support/flow';
import { keyboardOf } from './support/hands';
import { unavailable } from './support/provided';

describe('from the palette to the exported model with the keyboard alone', { skip: unavailable() }, () => {
  wholeFlow(keyboardOf, 'keyboard');
});
