import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findKubectl } from '../../src/cluster/kubectl.ts';
import { localHost } from '../../src/host/local.ts';
import { scratchParent } from '../helpers/tools.ts';

const top = mkdtempSync(path.join(scratchParent, 'subpathfix-kubeconfig-'));
chmodSync(top, 0o755);
afterAll(() => rmSync(top, { recursive: true }));

const bin = path.join(top, 'bin');
mkdirSync(bin);
writeFileSync(path.join(bin, 'kubectl'), '#!/bin/sh\n', { mode: 0o755 });

/** A home directory with a kubeconfig of that user. */
function home(name: string, owner: number, mode = 0o600): string {
  const directory = path.join(top, name);
  mkdirSync(path.join(directory, '.kube'), { recursive: true });
  const file = path.join(directory, '.kube/config');
  writeFileSync(file, 'users: [{ user: { exec: { command: /home/u/evil } } }]');
  chmodSync(file, mode);
  for (const each of [directory, path.dirname(file), file]) chownSync(each, owner, owner);
  return directory;
}

/** kubectl runs what a kubeconfig tells it to, for credentials. */
it.each<[title: string, owner: number, mode: number, usable: boolean]>([
  ["root's own", 0, 0o600, true],
  ["another user's, whose home directory sudo kept", 54_321, 0o600, false],
  ["root's own that everybody can write", 0, 0o666, false],
])(
  'a kubeconfig that is found is used only if root alone can change it: %s',
  async (title, owner, mode, usable) => {
    const HOME = home(title.replace(/\W/g, '-'), owner, mode);
    const file = path.join(HOME, '.kube/config');
    const host = localHost({ PATH: bin, HOME });
    const found = await findKubectl(host, {});
    if (usable) expect(found).toMatchObject({ known: true, evidence: `kubectl with ${file}` });
    else {
      expect(found).toMatchObject({ known: false, reason: { code: 'no-kubeconfig' } });
      expect(JSON.stringify(found)).toContain(`${HOME}`);
      expect(JSON.stringify(found)).toContain('root does not use it unless it is given with --kubeconfig');
    }
    // What the user says is the user's word.
    const given = await findKubectl(host, { kubeconfig: file });
    expect(given).toMatchObject({ known: true, value: { args: ['--kubeconfig', file] } });
    expect(await findKubectl(localHost({ PATH: bin, HOME, KUBECONFIG: file }), {})).toMatchObject({
      known: true,
    });
  },
);
