import { notInThisBuild } from './notInThisBuild';

export const run = notInThisBuild;
