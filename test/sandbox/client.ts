import type { StartMessagingSandbox } from "../../sandbox/startmessaging.ts";

/** An answer of the gateway, as it came. */
export interface Got {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any shape, and fail where it is another
  readonly body: any;
}

export interface Ask {
  readonly key?: string | undefined;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
  /** A body that is not JSON by our hand. */
  readonly text?: string;
}

/** Plain fetch, as any client of the vendor would use. `route` is `POST /otp/send`. */
export async function ask(sandbox: StartMessagingSandbox, route: string, options: Ask = {}): Promise<Got> {
  const [method = "GET", path = "/"] = route.split(" ");
  const { key, json, text, headers = {} } = options;
  const body = json === undefined ? text : JSON.stringify(json);
  const response = await fetch(sandbox.url + path, {
    method,
    headers: {
      ...(key === undefined ? {} : { "x-api-key": key }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export const OTP = { phoneNumber: "+919876543210", variables: { otp: "482913" } };
