import { expect, test } from "vitest";
import { isBaseUrl } from "../../contract/base-url.ts";

test.each([
  "https://api.startmessaging.com",
  "https://api.startmessaging.com:8443/v1/",
  "http://127.0.0.1:3000",
  "http://localhost",
  "http://[::1]:8080",
])("a key may be sent to %s", (url) => expect(isBaseUrl(url)).toBe(true));

test.each([
  "http://evil",
  "http://localhost.evil.example",
  "http://127.0.0.1.evil.example",
  "https://api.startmessaging.com@evil.example",
  "https://user:pass@api.startmessaging.com",
  "https://evil.example\\@api.startmessaging.com",
  "https://api.startmessaging.com/?to=evil",
  "https://api.startmessaging.com/#evil",
  "ftp://api.startmessaging.com",
  "api.startmessaging.com",
  "https://",
  "",
])("a key is never sent to %s", (url) => expect(isBaseUrl(url)).toBe(false));
