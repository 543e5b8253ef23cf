import type { Fields, GivenKey } from "../vendor.ts";
import { keyIdOf } from "../watch/truth.ts";
import type { World } from "./world.ts";

/**
 * Has a rotation bring the first key, made with the admin credential or handed in: nobody logs in yet.
 *
 * @throws Error with what the functions have said, where the rotation fails
 */
export async function awaitFirstKey(
  { aws, vendor, secretName, functionLog }: Pick<World, "aws" | "vendor" | "secretName" | "functionLog">,
  start: () => Promise<unknown>,
): Promise<GivenKey> {
  const seen = aws.events.all.length;
  await start();
  const over = await aws.events.until(
    (event) =>
      (event.kind === "rotation-succeeded" || event.kind === "rotation-failed") &&
      aws.events.all.indexOf(event) >= seen,
  );
  const value = aws.secrets.get(secretName)?.labelled("AWSCURRENT")?.value;
  const fields = JSON.parse(value ?? "{}") as Fields;
  const id = keyIdOf(fields, { vendor });
  if (over.kind === "rotation-succeeded" && id !== undefined) return { id, fields };
  const said = functionLog.slice(-10).map(({ line }) => line);
  throw new Error(
    [
      `rehearsal: the first rotation at ${vendor.title} has brought no key. The functions said:`,
      ...said,
    ].join("\n"),
  );
}
