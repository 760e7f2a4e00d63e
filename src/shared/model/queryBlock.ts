/**
 * Queries that composed attention compares with all keys before them at once. Longer sequences are cut into such blocks,
 * so that its memory grows with T, not with T².
 */
export const QUERY_BLOCK = 512;
