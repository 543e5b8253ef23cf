import { describe, expect, it } from "vitest";
import { readRun } from "../../action/run.ts";

const JOB = {
  GITHUB_REPOSITORY: "acme/infra",
  GITHUB_RUN_ID: "4711",
  GITHUB_RUN_ATTEMPT: "1",
  AWS_REGION: "eu-west-1",
};
const tokenOf = (differs: NodeJS.ProcessEnv = {}, arn = "arn:one") =>
  readRun({ ...JOB, ...differs }, { operation: "rotate" }).tokenFor(arn);

describe("the token of a rotation", () => {
  it("is the same whenever one attempt of a job asks for one secret", () => {
    expect(tokenOf()).toBe(tokenOf());
  });

  it("is another one for another attempt, run, repository or secret", () => {
    const tokens = [
      tokenOf(),
      tokenOf({ GITHUB_RUN_ATTEMPT: "2" }),
      tokenOf({ GITHUB_RUN_ID: "4712" }),
      tokenOf({ GITHUB_REPOSITORY: "acme/other" }),
      tokenOf({}, "arn:two"),
    ];
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it("is a UUID, as the service takes it: 36 characters of the 32 to 64 that it allows", () => {
    expect(tokenOf()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("is a new one each time outside of a job", () => {
    expect(tokenOf({ GITHUB_RUN_ID: undefined })).not.toBe(tokenOf({ GITHUB_RUN_ID: undefined }));
  });
});

describe("what AWS is told of the caller", () => {
  it("is the run and the attempt, by which CloudTrail's line leads back to the job", () => {
    const { userAgent } = readRun(JOB, { operation: "rotate" });
    expect(userAgent).toEqual([
      ["dualkey-action", "rotate"],
      ["github-run", "4711.1"],
    ]);
  });
});
