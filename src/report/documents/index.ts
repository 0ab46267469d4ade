/** The published form of each command's document: what the build makes schemas of. Not part of the program. */
import * as audit from './audit-shape.ts';
import * as check from './check.ts';
import * as diagnose from './diagnose-shape.ts';
import * as generate from './generate.ts';
import * as hosts from './hosts.ts';
import * as probe from './probe.ts';
import * as status from './status.ts';
import * as sweep from './sweep.ts';
import * as verify from './verify.ts';

export const documents = { audit, check, diagnose, generate, hosts, probe, status, sweep, verify };
