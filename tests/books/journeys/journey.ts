// The journey of a book through a client by openapi-typescript and openapi-fetch.
import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { test } from "node:test";
import { client, etag, eventually, first, rejected, second, succeeded, toTheEnd } from "../api.js";
import type { components, paths } from "./schema.js";

const anonymous = client<paths>();
const creator = client<paths>(first);
const borrower = client<paths>(second);

function newIsbn(): string {
  const body = `978${String(randomInt(10 ** 9)).padStart(9, "0")}`;
  const sum = [...body].reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 3 : 1), 0);
  return body + String((10 - (sum % 10)) % 10);
}

function newBook(author = "Frank Herbert"): components["schemas"]["BookCreate"] {
  return { title: "Dune 📚", author, isbn: newIsbn(), tags: ["science fiction"], published_year: 1965 };
}

test("a book is added, changed, lent, returned and removed", async () => {
  const body = newBook();
  const added = await creator.POST("/api/v1/books", { body });
  const { id } = succeeded(added, 201);
  const path = { book_id: id };
  const read = await anonymous.GET("/api/v1/books/{book_id}", { params: { path } });
  assert.deepEqual(succeeded(read, 200), { ...body, id });
  assert.equal(etag(read), etag(added));

  const known = { path, header: { "if-match": etag(added) } };
  const change = { title: "Dune Messiah", published_year: null };
  const changed = await creator.PATCH("/api/v1/books/{book_id}", { params: known, body: change });
  assert.deepEqual(succeeded(changed, 200), { ...body, ...change, id });
  const stale = await creator.PATCH("/api/v1/books/{book_id}", { params: known, body: change });
  rejected(stale, 412, "version-mismatch");
  rejected(await creator.DELETE("/api/v1/books/{book_id}", { params: known }), 412, "version-mismatch");

  const loan = succeeded(await borrower.PUT("/api/v1/books/{book_id}/loan", { params: { path } }), 201);
  assert.deepEqual(succeeded(await borrower.PUT("/api/v1/books/{book_id}/loan", { params: { path } }), 200), loan);
  rejected(await creator.PUT("/api/v1/books/{book_id}/loan", { params: { path } }), 409, "book-already-lent");
  rejected(await creator.DELETE("/api/v1/books/{book_id}", { params: { path } }), 409, "book-lent");
  const loans = () =>
    toTheEnd((cursor) => borrower.GET("/api/v1/books/loans", { params: { query: cursor ? { cursor } : {} } }));
  await eventually(async () => (await loans()).filter((each) => each.book_id === id), [loan]);
  succeeded(await borrower.DELETE("/api/v1/books/{book_id}/loan", { params: { path } }), 204);

  const latest = { path, header: { "if-match": etag(changed) } };
  assert.equal(succeeded(await creator.DELETE("/api/v1/books/{book_id}", { params: latest }), 204), undefined);
  rejected(await anonymous.GET("/api/v1/books/{book_id}", { params: { path } }), 404, "book-not-found");
});

test("books are listed to the end", async () => {
  const author = `Author ${randomUUID()}`;
  const added = [];
  for (let number = 0; number < 5; number += 1) {
    added.push(succeeded(await creator.POST("/api/v1/books", { body: newBook(author) }), 201));
  }
  const query = { author: author.toUpperCase(), limit: 2 };
  const listed = () =>
    toTheEnd((cursor) =>
      anonymous.GET("/api/v1/books", { params: { query: cursor ? { ...query, cursor } : query } }),
    );
  await eventually(listed, added.reverse());
});

test("rejected requests have typed problems", async () => {
  const body = newBook();
  rejected(await anonymous.POST("/api/v1/books", { body }), 401, "unauthenticated");
  rejected(await client<paths>("damaged").POST("/api/v1/books", { body }), 401, "invalid-token");
  const { id } = succeeded(await creator.POST("/api/v1/books", { body }), 201);
  rejected(await creator.POST("/api/v1/books", { body }), 409, "isbn-taken");
  const one = { path: { book_id: id } };
  rejected(await borrower.DELETE("/api/v1/books/{book_id}", { params: one }), 403, "not-your-book");
  const malformed = { ...one, header: { "if-match": "1" } };
  rejected(await creator.DELETE("/api/v1/books/{book_id}", { params: malformed }), 400, "invalid-precondition");
  const query = { cursor: "damaged" };
  rejected(await anonymous.GET("/api/v1/books", { params: { query } }), 400, "invalid-cursor");
  const headers = { "Content-Type": "text/plain" };
  rejected(await creator.POST("/api/v1/books", { body, headers }), 415, "unsupported-media-type");
  const nameless = await creator.POST("/api/v1/books", { body: { ...body, title: " " } });
  const problem = rejected(nameless, 422, "invalid-request");
  assert.deepEqual(problem.errors?.map((error) => error.pointer), ["#/title"]);
  const large = await creator.POST("/api/v1/books", { body: { ...body, title: "x".repeat(11 * 1024 * 1024) } });
  assert.equal(large.response.status, 413);
  assert(large.error && "message" in large.error);
  assert.equal(large.error.message, "Request Entity Too Large");
});
