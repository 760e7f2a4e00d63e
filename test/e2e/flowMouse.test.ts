import { describe } from 'node:test';
import { wholeFlow } from './support/flow';
import { mouseOf } from './support/hands';
import { unavailable } from './support/provided';

describe('from the palette to the exported model with the mouse', { skip: unavailable() }, () => {
  wholeFlow(mouseOf, 'mouse');
});
