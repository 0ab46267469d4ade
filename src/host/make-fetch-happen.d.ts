/** The part of make-fetch-happen 15 that is used; its published types are of version 10 and pull in the DOM's. */
declare module 'make-fetch-happen' {
  interface FetchOptions {
    headers: Record<string, string>;
    redirect: 'manual';
    compress: boolean;
    retry: false;
    /** called with each failure, the last included: an error, or a response with a status from 500 on */
    onRetry: (cause: unknown) => void;
    signal: AbortSignal;
    maxSockets: number;
    /** no-cache: kept, and revalidated each time */
    cache: 'no-cache' | 'no-store';
    cachePath?: string;
    proxy?: string;
    /** hosts that the proxy is not used for */
    noProxy: string[];
  }

  interface FetchResponse {
    status: number;
    headers: { get(name: string): string | null };
    body: AsyncIterable<Uint8Array> & { on(event: 'error', listener: () => void): unknown };
  }

  export default function fetch(url: string, options: FetchOptions): Promise<FetchResponse>;
}
