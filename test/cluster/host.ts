/** This machine with another environment: what a person's shell on the cluster would have. */
import { localHost } from '../../src/host/local.ts';

export const hostWith = localHost;
