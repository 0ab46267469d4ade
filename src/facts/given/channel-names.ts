/** Which channels are inspected, and which names can be a channel's. */

/**
 * The channels that are inspected when none is named: those that roll, and the last three releases.
 * A release comes out at the end of May and of November, so it counts from the month after on.
 */
export function defaultChannels(today: Date): string[] {
  // Releases as they are counted here, two a year: the count goes up in June and in December.
  const latest = today.getUTCFullYear() * 2 + Math.floor((today.getUTCMonth() + 1) / 6) - 1;
  const releases = [latest, latest - 1, latest - 2].map(
    (count) => `nixos-${Math.floor(count / 2) % 100}.${count % 2 === 0 ? '05' : '11'}`,
  );
  const names = ['nixos-unstable', ...releases].flatMap((name) => [name, `${name}-small`]);
  return [...names, 'nixpkgs-unstable'];
}

/** Whether a name can go into a URL as one part of its path. */
export function isChannelName(name: string): boolean {
  return /^(?!\.+$)[A-Za-z0-9._-]{1,100}$/.test(name);
}
