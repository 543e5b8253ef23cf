import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** A secret and the provider of its key, over HTTP on loopback: the least that a client of either one meets. */
export interface RotatedWorld {
  readonly secret: string;
  /** The SDK's own client, as a service would make it. */
  readonly secretsManager: SecretsManagerClient;
  /** How many times the secret was read. */
  reads(): number;
  /** Calls the provider. @returns whether it took the key */
  send(apiKey: string | undefined): Promise<Response>;
  /** A new key becomes current, and the old one dies, in one moment. */
  rotate(): void;
  close(): Promise<void>;
}

export async function startRotatedWorld(): Promise<RotatedWorld> {
  let version = 1;
  let reads = 0;
  const keyOf = (number: number) => `bench-key-${number}`;
  const secrets = createServer((request, response) => {
    request.resume().on("end", () => {
      reads++;
      const SecretString = JSON.stringify({ apiKey: keyOf(version), keyId: `k${version}` });
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify({ Name: "bench/otp", VersionId: `v${version}`, SecretString }));
    });
  });
  const provider = createServer((request, response) => {
    request.resume().on("end", () => {
      response.statusCode = keyIn(request) === keyOf(version) ? 200 : 401;
      response.end("{}");
    });
  });
  const [secretsUrl, providerUrl] = await Promise.all([listen(secrets), listen(provider)]);
  const secretsManager = new SecretsManagerClient({
    region: "eu-west-1",
    endpoint: secretsUrl,
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
  });
  return {
    secret: "bench/otp",
    secretsManager,
    reads: () => reads,
    send: async (apiKey = "") => {
      const response = await fetch(providerUrl, { method: "POST", headers: { "x-api-key": apiKey } });
      await response.arrayBuffer();
      return response;
    },
    rotate: () => void version++,
    close: async () => {
      secretsManager.destroy();
      for (const server of [secrets, provider]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function keyIn(request: IncomingMessage): unknown {
  return request.headers["x-api-key"];
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
