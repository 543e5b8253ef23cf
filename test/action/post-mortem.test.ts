import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { markerOf } from "../../action/post-mortem-text.ts";
import { startGitHub } from "./a-github.ts";
import { startWorld, type World } from "./a-responder.ts";
import { JOB_TOKEN } from "./a-runner.ts";
import { anAnswer, anIncident, anOpenIncident } from "./an-incident.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
beforeEach(() => {
  world.github.reset();
  world.answers(anAnswer(anIncident()));
});
afterAll(() => world?.close());

const MARKER = markerOf(anIncident());
const only = () => {
  expect(world.github.issues).toHaveLength(1);
  const [issue] = world.github.issues;
  if (issue === undefined) throw new Error("there is no issue");
  return issue;
};
const writes = () =>
  world.github.calls.filter((call) => !call.startsWith("GET ") && !call.endsWith("/labels"));

describe("the post-mortem", () => {
  it("is an issue of the incident, with what is known and what people have to find out", async () => {
    const { stdout, summary } = await world.run({});
    const { title, body, labels } = only();
    expect(title).toBe("Leak of other's key, 2026-04-14");
    expect(labels).toEqual(["dualkey-incident"]);
    for (const part of [
      "leaked key contained in 4.2 s",
      "unseen country",
      "+4.2 s",
      "- [ ] How did it leak",
    ]) {
      expect(body).toContain(part);
    }
    expect(body).toContain("https://github.com/acme/infra/actions/runs/4711");
    expect(summary).toContain("**Post-mortem**: <https://github.com/acme/infra/issues/1>");
    expect(stdout).not.toContain(JOB_TOKEN);
    expect(body).not.toContain("123456789012");
  });

  it("of a drill says so", async () => {
    world.answers(anAnswer(anIncident({ drill: true })));
    await world.run({ drill: "true" });
    expect(only().title).toBe("Drill: leak of other's key, 2026-04-14");
    expect(only().body).toContain("A drill: nothing has leaked.");
  });

  it("is brought up to date by the next run, and keeps what people wrote, ticked and renamed", async () => {
    world.answers(anAnswer(anOpenIncident()));
    await world.run({});
    const issue = only();
    expect(issue.body).toContain("STILL WORKS");
    // As GitHub's page saves it.
    issue.body = `Read this first.\n\n${issue.body}It was a screenshot.`
      .replace("- [ ] How", "- [x] How")
      .replaceAll("\n", "\r\n");
    issue.title = "Leak in the wiki";
    world.answers(anAnswer(anIncident()));
    const { outputs } = await world.run({});
    expect(outputs["post-mortem-url"]).toBe("https://github.com/acme/infra/issues/1");
    const { body, title } = only();
    expect(title).toBe("Leak in the wiki");
    expect(body).toMatch(/^Read this first\./);
    expect(body).toMatch(/It was a screenshot\.$/);
    expect(body).toContain("- [x] How did it leak");
    expect(body).toContain("leaked key contained in 4.2 s");
    expect(body).not.toContain("STILL WORKS");
    expect(body.split("## Open questions")).toHaveLength(2);
  });

  it("is not written to where nothing is new", async () => {
    await world.run({});
    const before = writes().length;
    await world.run({});
    expect(writes()).toHaveLength(before);
  });

  it("is found on any page, open or closed, among pull requests and other incidents", async () => {
    const { github } = world;
    github.add({ title: "the post-mortem", body: MARKER, state: "closed" });
    github.add({ title: "a pull request", body: MARKER, isPullRequest: true });
    for (let count = 0; count < 5; count++)
      github.add({ body: markerOf(anIncident({ id: `other-${count}` })) });
    github.settings.perPage = 2;
    const { outputs } = await world.run({});
    expect(outputs["post-mortem-url"]).toBe("https://github.com/acme/infra/issues/1");
    expect(github.issues).toHaveLength(7);
    expect(github.issues[0]).toMatchObject({ state: "closed", body: expect.stringContaining("proven dead") });
    expect(github.issues[1]?.body).toBe(MARKER);
  });

  it("that people closed is opened again only while a key works", async () => {
    world.github.add({ body: MARKER, state: "closed" });
    await world.run({});
    expect(only().state).toBe("closed");
    world.answers(anAnswer(anOpenIncident()));
    await world.run({});
    expect(only().state).toBe("open");
  });

  it("is one where two jobs write at once: the older stays, the newer is closed with a pointer", async () => {
    const { github } = world;
    github.settings.beforeCreate = () => {
      if (github.issues.length === 0) github.add({ body: `${MARKER} of another job` });
    };
    const { outputs } = await world.run({});
    expect(outputs["post-mortem-url"]).toBe("https://github.com/acme/infra/issues/1");
    expect(github.issues).toMatchObject([
      { state: "open", body: expect.stringContaining("proven dead") },
      { state: "closed", comments: [expect.stringContaining("is #1")] },
    ]);
  });

  it("is opened once where GitHub's answer is lost on the way", async () => {
    world.github.settings.loseAnswers = 1;
    const { outputs } = await world.run({});
    expect(outputs["post-mortem-url"]).toBe("https://github.com/acme/infra/issues/1");
    only();
  });

  it("is not wanted with post-mortem: false", async () => {
    expect((await world.run({ "post-mortem": "false" })).exitCode).toBe(0);
    expect(world.github.calls).toEqual([]);
  });
});

describe("an issue that cannot be opened", () => {
  it.each([
    [401, undefined, "It does not accept the token of input github-token"],
    [403, undefined, "give the job permissions: issues: write"],
    [403, { "x-ratelimit-remaining": "0" }, "Its rate limit is used up"],
    [404, undefined, "give the job permissions: issues: write"],
    [410, undefined, "Issues are switched off in acme/infra"],
    [429, { "retry-after": "60" }, "Its rate limit is used up"],
  ])("is a warning, with what to do and the text to paste: HTTP %i %o", async (status, headers, advice) => {
    world.github.settings.refuses = { status, ...(headers === undefined ? {} : { headers }) };
    const { exitCode, stdout, summary, outputs } = await world.run({});
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^::warning title=dualkey%3A no post-mortem::/m);
    expect(stdout).toContain(advice);
    expect(summary.split("\n")[0]).toContain("leaked key contained in 4.2 s, proven dead");
    expect(summary).toContain("<details><summary>The post-mortem, to paste into an issue</summary>");
    expect(summary).toContain("Leak of other's key, 2026-04-14");
    expect(outputs["post-mortem-url"]).toBe("");
  });

  it("leaves the job red where the key works", async () => {
    world.answers(anAnswer(anOpenIncident()));
    world.github.settings.refuses = { status: 410 };
    const { exitCode, summary } = await world.run({});
    expect(exitCode).toBe(1);
    expect(summary.split("\n")[0]).toContain("STILL WORKS");
  });

  it("is told of where GitHub is out of reach", async () => {
    const gone = await startGitHub();
    await gone.close();
    const { exitCode, stdout } = await world.run({}, { GITHUB_API_URL: gone.url });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("GitHub cannot be reached. Run the job again when it is");
  }, 30_000);

  it("is not opened where everybody could read it, unless that is said", async () => {
    world.github.settings.isPublic = true;
    const { stdout } = await world.run({});
    expect(stdout).toContain("the repository is public");
    expect(world.github.issues).toEqual([]);
    await world.run({ "post-mortem": "even-in-public" });
    only();
  });

  it("is not tried without a token, nor outside of a job", async () => {
    expect((await world.run({ "github-token": "" })).stdout).toContain("input github-token is empty");
    const { stdout } = await world.run({}, { GITHUB_RUN_ID: undefined });
    expect(stdout).toContain("this is no job of GitHub's");
    expect(world.github.issues).toEqual([]);
  });

  it("is named where it was opened without its label, by which the next run would find it", async () => {
    world.github.settings.dropsLabels = true;
    const { stdout, outputs } = await world.run({});
    expect(outputs["post-mortem-url"]).toBe("https://github.com/acme/infra/issues/1");
    expect(stdout).toContain("issues/1 has no label dualkey-incident");
  });
});
