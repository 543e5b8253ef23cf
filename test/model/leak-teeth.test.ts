import { describe, expect, test } from "vitest";
import { exploreLeak } from "./explore-leaks.ts";
import { LEAK_MUTATIONS } from "./leak-mutations.ts";
import { leakStoriesOf } from "./leak-stories.ts";

describe("the model has teeth: it finds in leak response what breaks when", () => {
  test.each(Object.entries(LEAK_MUTATIONS))("%s", async (_, { breaks, story: name, shape, ...mutation }) => {
    const story = (await leakStoriesOf(shape ?? "self-service")).find((any) => any.name === name);
    if (story === undefined) throw new Error(`no story ${name}`);
    await expect(exploreLeak({ ...story, mutation }, new Set())).rejects.toThrow(breaks);
  });
});
