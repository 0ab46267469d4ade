import { describe, expect, it } from 'vitest';
import { advisory } from '../../../src/advisory/index.ts';
import { noFacts } from '../../../src/facts/facts.ts';
import { parseRevision } from '../../../src/facts/nixpkgs/channel-revision.ts';
import type { Remote } from '../../../src/facts/nixpkgs/mirrors.ts';
import { readRevision } from '../../../src/facts/nixpkgs/remote.ts';
import { localHost } from '../../../src/host/local.ts';
import { judge } from '../../../src/verdict/judge.ts';
import { commit, nixpkgs, serve } from '../../helpers/server.ts';
import { temporary } from '../../helpers/status.ts';

describe('a revision', () => {
  it.each<[body: string, revision: string | null]>([
    [commit('a'), commit('a')],
    [`${commit('a')}\n`, commit('a')],
    [commit('A'), null],
    [`${commit('a')}a`, null],
    [commit('g'), null],
    ['', null],
  ])('in %j', (body, revision) => {
    expect(parseRevision(body)).toBe(revision);
  });
});

describe('the facts of a commit', () => {
  const cache = temporary();
  const remoteOf = (url: string): Remote => ({
    ...{ host: localHost(), cache, token: async () => null, advisory },
    ...{ bases: [], rawBases: [`${url}/raw`], signal: new AbortController().signal },
    deadline: performance.now() + 5000,
  });

  it('are those of its file, as a checkout would give them', async () => {
    const server = await serve(nixpkgs({ x: { revision: commit('1'), nixpkgs: 'patched' } }));
    for (const requests of [1, 1]) {
      const facts = await readRevision(remoteOf(server.url), commit('1'));
      expect(judge({ ...noFacts(), ...facts }, advisory)).toMatchObject({
        state: 'fixed',
        decidedBy: 'patches',
      });
      expect(facts).toMatchObject({
        revision: { known: true, value: commit('1') },
        utilLinux: { value: { release: '2.41' } },
        withPatches: { value: false },
      });
      expect(server.asked).toHaveLength(requests);
    }
  });

  it.each<[revision: string, says: RegExp]>([
    [commit('2'), /has none of pkgs/],
    ['2222222', /raw\/2222222: has none of pkgs/],
    ['222222', /"222222" is not a commit id of 7 to 40/],
    ['../../../etc/passwd', /not a commit id/],
  ])('of %s cannot be read, and decide nothing', async (revision, says) => {
    const server = await serve(nixpkgs({}));
    const facts = await readRevision(remoteOf(server.url), revision);
    const verdict = judge({ ...noFacts(), ...facts }, advisory);
    expect(verdict.state).toBe('undetermined');
    expect(verdict.because).toMatch(says);
  });
});
