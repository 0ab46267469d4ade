/** Which channels are looked at, and which names can be one. */

const rolling = ['nixos-unstable', 'nixos-unstable-small'];

/**
 * The channels that are looked at when none is named: those that roll, and the last three releases.
 * A release comes out at the end of May and of November, so it counts from the month after on.
 */
export function defaultChannels(today: Date): string[] {
  const releases: string[] = [];
  for (let year = today.getUTCFullYear(); releases.length < 3; year -= 1) {
    for (const month of [11, 5]) {
      const out = Date.UTC(year, month, 1) <= today.getTime();
      if (out && releases.length < 3) releases.push(`${year % 100}.${String(month).padStart(2, '0')}`);
    }
  }
  return [
    ...rolling,
    ...releases.flatMap((release) => [`nixos-${release}`, `nixos-${release}-small`]),
    'nixpkgs-unstable',
  ];
}

/** Whether a name can go into a URL as one part of its path. */
export function isChannelName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,100}$/.test(name) && !/^\.+$/.test(name);
}
