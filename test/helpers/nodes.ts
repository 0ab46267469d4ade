/** The releases of Node.js that the program is tried on: the oldest that it takes, and the newest of the later lines. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { CACHE } from '../cluster/layout.ts';

export const nodeVersions = ['20.19.0', '22.23.3', '24.21.0'] as const;

export type NodeVersion = (typeof nodeVersions)[number];

/** The package of npm that has the program alone; `node` is the one that chooses among these for a platform. */
export const nodePackage = (version: NodeVersion): string => `node-linux-${process.arch}@${version}`;

/** Where a package with the program is installed. */
export const nodePrefix = (version: NodeVersion): string => path.join(CACHE, 'node', version);

/** Whether the program is there. */
export const hasNode = (version: NodeVersion): boolean => existsSync(nodeProgram(version));

/** The program. */
export const nodeProgram = (version: NodeVersion): string =>
  path.join(nodePrefix(version), `node_modules/node-linux-${process.arch}/bin/node`);
