import { describe, expect, it } from 'vitest';
import { defaultChannels, isChannelName } from '../../../src/facts/given/channel-names.ts';

describe('the channels that are inspected', () => {
  it.each<[day: string, releases: string[]]>([
    ['2026-11-23', ['26.05', '25.11', '25.05']],
    ['2026-11-30T23:59:59Z', ['26.05', '25.11', '25.05']],
    ['2026-12-01', ['26.11', '26.05', '25.11']],
    ['2027-01-15', ['26.11', '26.05', '25.11']],
    ['2027-05-31', ['26.11', '26.05', '25.11']],
    ['2027-06-01', ['27.05', '26.11', '26.05']],
  ])('on %s', (day, releases) => {
    expect(defaultChannels(new Date(day))).toEqual([
      ...['nixos-unstable', 'nixos-unstable-small'],
      ...releases.flatMap((release) => [`nixos-${release}`, `nixos-${release}-small`]),
      'nixpkgs-unstable',
    ]);
  });

  it.each(['', '.', '..', 'a/b', 'a b', 'a%2fb', 'a?b', 'a#b', 'ä', 'a\n', 'a'.repeat(101)])(
    'not %j',
    (name) => {
      expect(isChannelName(name)).toBe(false);
    },
  );
});
