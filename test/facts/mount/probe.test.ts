import { describe, expect, it } from 'vitest';
import { advisory } from '../../../src/advisory/index.ts';
import { outcomeOf, type ProbeStep, parseSteps } from '../../../src/facts/mount/probe-steps.ts';

describe('the lines of a probe', () => {
  const step = (
    name: ProbeStep['name'],
    exitCode: number,
    seen: ProbeStep['seen'],
    words = '',
  ): ProbeStep => ({
    name,
    exitCode,
    seen,
    words,
  });
  const scratch = step('scratch', 0, 'content');
  const control = step('control', 0, 'content');
  const ok = (name: ProbeStep['name']): ProbeStep => step(name, 0, 'content');
  const [file, fileAgain] = [ok('file'), ok('file-remount')];
  const [directory, directoryAgain] = [ok('directory'), ok('directory-remount')];
  const refused = 'mount: /x: wrong fs type, bad option, bad superblock on /proc/1/fd/8, missing codepage';

  it('are told from what mount says by their mark', () => {
    const output =
      'mount: words\nM file 0 content\n\nMARK scratch 0 content\nmore\nwords\n\nMARK file 32 link\nMARK forged';
    expect(parseSteps(output, 'MARK')).toEqual([
      step('scratch', 0, 'content', 'mount: words\nM file 0 content'),
      step('file', 32, 'link', 'more\nwords'),
    ]);
  });

  it.each<[steps: ProbeStep[], state: string | RegExp, failed?: string[]]>([
    [[scratch, control, file, fileAgain, directory, directoryAgain], 'fixed', []],
    [[scratch, control, step('file', 0, 'link'), directory, directoryAgain], 'affected', ['file']],
    [
      [scratch, control, step('file', 0, 'link'), step('file-remount', 0, 'link'), directory, directoryAgain],
      'affected',
      ['file'],
    ],
    [[scratch, control, step('file', 32, 'link'), directory, directoryAgain], 'affected', ['file']],
    [
      [scratch, control, file, fileAgain, step('directory', 32, 'nothing', refused)],
      'affected',
      ['directory'],
    ],
    [
      [
        scratch,
        control,
        step('file', 32, 'nothing', 'move_mount() failed: No such file or directory'),
        directory,
        directoryAgain,
      ],
      'affected',
      ['file'],
    ],
    [
      [scratch, control, file, step('file-remount', 0, 'link'), directory, directoryAgain],
      'affected',
      ['file'],
    ],
    [
      [scratch, control, file, fileAgain, directory, step('directory-remount', 32, 'content', refused)],
      'affected',
      ['directory'],
    ],
    [
      [scratch, control, file, step('file-remount', 32, 'content', 'permission denied'), directory],
      /the remount of a file failed, but not the way this defect.*permission denied/,
    ],
    [
      [scratch, control, file, fileAgain, step('directory', 0, 'nothing', refused)],
      /directory failed, but not the way this defect/,
    ],
    [
      [scratch, control, step('file', 32, 'nothing', 'permission denied'), directory],
      /not the way this defect.*permission denied/,
    ],
    [[scratch, control, file, fileAgain], /the mount of a directory failed/],
    [[scratch, control, file, directory, directoryAgain], /the remount of a file failed/],
    [[scratch, control, file, fileAgain, directory], /the remount of a directory failed/],
    [[scratch, step('control', 32, 'nothing', refused), file, directory], /the control, failed too/],
    [[scratch, step('control', 0, 'nothing'), file, directory], /the control, failed too/],
    [[scratch, file, fileAgain, directory, directoryAgain], /the control, failed too/],
    [[step('scratch', 1, 'nothing')], /a tmpfs failed too/],
    [[], /a tmpfs failed too/],
  ])('%j', (steps, state, failed) => {
    const outcome = outcomeOf(steps, { mount: '/bin/mount', forceMount2: null }, advisory);
    if (typeof state === 'string') expect(outcome).toMatchObject({ value: { state, failed } });
    else {
      const reason = { code: 'inconclusive', text: expect.stringMatching(state) };
      expect(outcome).toEqual({ known: false, reason });
    }
  });
});
