/** What a verdict can be. */
export const states = ['affected', 'fixed', 'not-affected', 'undetermined'] as const;
export type State = (typeof states)[number];

/** Nothing needs to be done. */
export const isGood = (state: State): boolean => state === 'fixed' || state === 'not-affected';
