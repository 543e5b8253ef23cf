import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { EmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";

/** An AWS in front of another one that refuses one operation, as it does where IAM says no. */
export interface Denying {
  readonly endpoint: string;
  deny(operation: string, error: string): void;
  close(): Promise<void>;
}

export async function denying(aws: EmbeddedAws): Promise<Denying> {
  let [denied, type] = ["", ""];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const operation = String(request.headers["x-amz-target"]).split(".")[1];
    if (operation === denied) {
      const message = `User: arn:aws:sts::123456789012:assumed-role/ci/run is not authorized to perform: ${operation}`;
      response.writeHead(400, { "Content-Type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify({ __type: type, message }));
      return;
    }
    const headers = Object.entries(request.headers).filter(([name]) =>
      /^(x-amz|authorization|content-type)/.test(name),
    );
    const answer = await fetch(aws.endpoint, {
      method: "POST",
      headers: headers.map(([name, value]) => [name, String(value)] as [string, string]),
      body: Buffer.concat(chunks),
    });
    response.writeHead(answer.status, { "Content-Type": "application/x-amz-json-1.1" });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deny: (operation, error) => {
      [denied, type] = [operation, error];
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
