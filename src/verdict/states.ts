/** What a verdict can be. */
export const states = ['affected', 'fixed', 'not-affected', 'undetermined'] as const;
export type State = (typeof states)[number];

/** Nothing needs to be done. */
export const isGood = (state: State): boolean => state === 'fixed' || state === 'not-affected';

/**
 * none: a restart changes nothing that matters; not-in-effect: the unit has a fix that the running kubelet lacks;
 * lost-at-restart: the running kubelet has a fix that the unit lacks; unknown: it cannot be determined.
 */
export const driftStates = ['none', 'not-in-effect', 'lost-at-restart', 'unknown'] as const;
export type DriftState = (typeof driftStates)[number];
