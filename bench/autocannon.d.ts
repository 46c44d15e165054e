/** What the load generator uses of the package, which brings no types. */
declare module 'autocannon' {
  interface LoadRequest {
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: string;
  }
  interface Client {
    setRequests(requests: LoadRequest[]): void;
  }
  interface Result {
    '2xx': number;
    non2xx: number;
    errors: number;
    timeouts: number;
    duration: number;
    latency: { p50: number; p99: number };
  }
  interface Load {
    url: string;
    connections: number;
    pipelining: number;
    duration: number;
    setupClient: (client: Client) => void;
  }
  export default function autocannon(load: Load): Promise<Result>;
}
