import { describe, expect, test } from "vitest";
import { exploreLeak } from "./explore-leaks.ts";
import { LEAK_MUTATIONS } from "./leak-mutations.ts";
import { leakStoriesOf } from "./leak-stories.ts";

describe("the model has teeth: it finds in leak response what breaks when", () => {
  test.each(Object.entries(LEAK_MUTATIONS))("%s", async (_, { breaks, story: name, ...tooth }) => {
    const { shape = "self-service", stories = leakStoriesOf, ...mutation } = tooth;
    const story = (await stories(shape)).find((any) => any.name === name);
    if (story === undefined) throw new Error(`no story ${name}`);
    await expect(exploreLeak({ ...story, mutation }, new Set())).rejects.toThrow(breaks);
  });
});
