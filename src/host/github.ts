/** The GitHub token, which raises the rate limit. */
import type { Host } from './host.ts';

/** GITHUB_TOKEN, else what `gh auth token` prints; null for none. Never throws. */
export async function githubToken(host: Host, signal: AbortSignal): Promise<string | null> {
  const given = host.env['GITHUB_TOKEN']?.trim();
  const token = given || (await fromGh(host, signal));
  // Ignored if it is not valid in a header.
  return token !== null && /^[\x21-\x7e]+$/.test(token) ? token : null;
}

async function fromGh(host: Host, signal: AbortSignal): Promise<string | null> {
  const { exitCode, output } = await host.run(
    { file: 'gh', args: ['auth', 'token', '--hostname', 'github.com'], mutates: false },
    { timeoutMs: 3000, maxBytes: 10_000, signal },
  );
  return exitCode === 0 ? output.trim() : null;
}
