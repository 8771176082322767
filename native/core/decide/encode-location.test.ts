import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../crypto/encoding";
import { encodeLocation } from "./encode-location";

describe("a Location (spec 5.13)", () => {
  it("has its bytes above 0x7F encoded as they were received, whatever they meant", () => {
    expect(encodeLocation(Uint8Array.of(0x2f, 0xfc, 0x80, 0xff, 0x7e))).toBe("/%FC%80%FF~");
    expect(encodeLocation(utf8Bytes("/ü?日#😀"))).toBe("/%C3%BC?%E6%97%A5#%F0%9F%98%80");
    expect(encodeLocation("/ü?日#😀")).toBe("/%C3%BC?%E6%97%A5#%F0%9F%98%80");
  });

  it("keeps scheme, authority and every ASCII character as they are", () => {
    for (const text of ["https://ü.test:４４３", "//ü.test", "ü:", "/%zz%C3 \\\r\n\t\0\u007f", "/\ud800", ""]) {
      expect(encodeLocation(text), text).toBe(text);
    }
    expect(encodeLocation("https://ü.test/ü")).toBe("https://ü.test/%C3%BC");
    expect(encodeLocation(utf8Bytes("//ü.test?ü"))).toMatch(/^\/\/[^?]+\?%C3%BC$/);
  });
});
