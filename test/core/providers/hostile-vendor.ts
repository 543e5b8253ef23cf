import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** One request, as it came over the wire. */
export interface Received {
  /** `GET /v1/Keys`, the path as it was sent: nothing resolved or decoded. */
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A server on loopback that says what a test wants, and keeps what it was asked. */
export interface HostileVendor {
  readonly url: string;
  readonly received: readonly Received[];
  /** What it answers from now on. */
  reply: (request: Received) => Reply;
  /** How many connections were opened to it, with or without a request. */
  readonly connections: number;
  close(): Promise<void>;
}

export async function startHostileVendor(): Promise<HostileVendor> {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const route = `${message.method} ${(message.url ?? "").split("?")[0]}`;
      const request = { route, headers: message.headers, body: Buffer.concat(chunks).toString("utf8") };
      received.push(request);
      const { status, headers = {}, body } = vendor.reply(request);
      const isText = typeof body === "string";
      response.writeHead(status, { "content-type": isText ? "text/xml" : "application/json", ...headers });
      response.end(body === undefined || isText ? body : JSON.stringify(body));
    });
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const vendor: HostileVendor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    reply: () => ({ status: 404, body: {} }),
    get connections() {
      return connections;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return vendor;
}

/** Headers with which servers send clients elsewhere. */
export function lures(elsewhere: string): Record<string, string> {
  return {
    "alt-svc": `http/1.1="${new URL(elsewhere).host}"; ma=3600`,
    "content-location": elsewhere,
    link: `<${elsewhere}/next>; rel="next"`,
    refresh: `0; url=${elsewhere}`,
    location: `${elsewhere}/created`,
  };
}

/**
 * A yes in the shapes of all vendors at once, whose every link, id and cursor leads elsewhere. After three pages it
 * says that there are no more.
 */
export function pageThatLeads(link: string, id: string, page: number) {
  const next = page < 3 ? `${link}?PageToken=${page}&cursor=${page}&iv=${page}&Page=${page}` : null;
  const time = "2026-03-01T00:00:00Z";
  return ({ route, body }: Received): unknown => {
    const row = { id, sid: id, api_key_id: id, createdAt: time, created_at: time, name: "x", label: "x" };
    if (route === "POST /") return awsAnswer(body, { id, link, isLast: page >= 3 });
    return {
      url: link,
      validationUrl: link,
      base_url: link,
      // Twilio
      keys: [row],
      messages: [{ direction: "outbound-api", to: "+919876543210", date_sent: time }],
      meta: { next_page_url: next, url: link, first_page_url: link },
      next_page_uri: next,
      uri: link,
      subresource_uris: { messages: link },
      sid: "SK00000000000000000000000000000000",
      secret: "0123456789abcdef0123456789abcdef",
      secondary_auth_token: "0123456789abcdef0123456789abcdef",
      policy: null,
      // StartMessaging
      data: /\/(api-keys|messages)$/.test(route)
        ? route.startsWith("GET")
          ? [row]
          : { ...row, key: "sk_live_0000000000000000000000000000000000000000" }
        : { userId: "user-1", balance: 1 },
      pagination: { nextCursor: next, next: link },
      // Vonage
      id,
      _embedded: { secrets: [row] },
      _links: { self: { href: link }, next: { href: next } },
      request_status: next === null ? "SUCCESS" : "TRUNCATED",
      records: [{ to: "919876543210", country: "IN", date_received: time }],
      // Infobip
      apiKeys: [row],
      apiKeySecret: "00000000000000000000000000000000-00000000-0000-0000-0000-000000000000",
      accountId: id,
      paging: { totalCount: 3, totalPages: 3 },
      results: [{ destination: "919876543210", sentAt: time }],
      cursor: { nextCursor: next },
      access_token: "token",
      expires_in: 3600,
      balance: 1,
      // SendGrid
      result: [{ ...row, scopes: ["mail.send"] }],
      scopes: ["mail.send"],
      user_id: 1,
      api_key: "SG.0000000000000000000000.0000000000000000000000000000000000000000000",
    };
  };
}

function awsAnswer(
  form: string,
  { id, link, isLast }: { id: string; link: string; isLast: boolean },
): string {
  const action = new URLSearchParams(form).get("Action") ?? "";
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const key = `<AccessKeyId>${escaped(id)}</AccessKeyId><Status>Active</Status><UserName>otp</UserName>`;
  const secret = "<SecretAccessKey>0123456789abcdef0123456789abcdef01234567</SecretAccessKey>";
  const results: Record<string, string> = {
    ListAccessKeys: `<IsTruncated>${!isLast}</IsTruncated><Marker>${escaped(link)}</Marker><AccessKeyMetadata><member>${key}</member></AccessKeyMetadata>`,
    CreateAccessKey: `<AccessKey>${key}${secret}</AccessKey>`,
    GetAccessKeyLastUsed:
      "<AccessKeyLastUsed><ServiceName>sns</ServiceName><Region>x</Region></AccessKeyLastUsed>",
    GetCallerIdentity: "<Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/otp</Arn>",
  };
  return `<${action}Response><${action}Result>${results[action] ?? ""}</${action}Result></${action}Response>`;
}
