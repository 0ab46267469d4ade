/** The default channels, and which names are valid. */

/**
 * The channels to inspect when none is named: the rolling ones, and the last three releases.
 * A release comes out at the end of May or November, so it counts from the next month on.
 */
export function defaultChannels(today: Date): string[] {
  // Numbers the releases, two a year: the number goes up in June and in December.
  const latest = today.getUTCFullYear() * 2 + Math.floor((today.getUTCMonth() + 1) / 6) - 1;
  const releases = [latest, latest - 1, latest - 2].map(
    (count) => `nixos-${Math.floor(count / 2) % 100}.${count % 2 === 0 ? '05' : '11'}`,
  );
  const names = ['nixos-unstable', ...releases].flatMap((name) => [name, `${name}-small`]);
  return [...names, 'nixpkgs-unstable'];
}

/** Whether a name can be a segment of a URL's path. */
export function isChannelName(name: string): boolean {
  return /^(?!\.+$)[A-Za-z0-9._-]{1,100}$/.test(name);
}
