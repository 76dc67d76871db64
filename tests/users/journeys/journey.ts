// The journey of a user through a client by openapi-typescript and openapi-fetch.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { administrator, client, etag, eventually, rejected, succeeded, toTheEnd } from "../api.js";
import type { components, paths } from "./schema.js";

const anonymous = client<paths>();
const password = "correct horse battery staple";

function newUser(): components["schemas"]["UserCreate"] {
  return { email: `${randomUUID()}@example.com`, username: "reader", password };
}

function logIn(username: string, secret = password) {
  return anonymous.POST("/api/v1/users/token", {
    body: { grant_type: "password", username, password: secret },
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  });
}

test("a user registers, logs in, changes and leaves", async () => {
  const body = newUser();
  const registered = await anonymous.POST("/api/v1/users", { body });
  const { id } = succeeded(registered, 201);
  const own = client<paths>(succeeded(await logIn(body.email), 200).access_token);
  assert.deepEqual(succeeded(await own.GET("/api/v1/users/me"), 200).email, body.email);
  rejected(await own.GET("/api/v1/users"), 403, "forbidden");

  const path = { user_id: id };
  const known = { path, header: { "if-match": etag(registered) } };
  const change = { username: "writer" };
  const changed = await own.PATCH("/api/v1/users/{user_id}", { params: known, body: change });
  assert.equal(succeeded(changed, 200).username, "writer");
  const stale = await own.PATCH("/api/v1/users/{user_id}", { params: known, body: change });
  rejected(stale, 412, "version-mismatch");

  const passwords = { password: "another horse battery", current_password: password };
  succeeded(await own.PUT("/api/v1/users/{user_id}/password", { params: { path }, body: passwords }), 204);
  const latest = { path, header: { "if-match": etag(changed) } };
  const former = await own.DELETE("/api/v1/users/{user_id}", { params: latest });
  rejected(former, 401, "insufficient-user-authentication");
  // Only logins from a later second than the change of the password are recent.
  const left = async () => {
    const again = client<paths>(succeeded(await logIn(body.email, passwords.password), 200).access_token);
    return (await again.DELETE("/api/v1/users/{user_id}", { params: latest })).response.status;
  };
  await eventually(left, 204);
  rejected(await own.GET("/api/v1/users/me"), 401, "account-inactive");
});

test("an administrator lists users to the end and erases one", async () => {
  const ids: number[] = [];
  for (let number = 0; number < 3; number += 1) {
    ids.push(succeeded(await anonymous.POST("/api/v1/users", { body: newUser() }), 201).id);
  }
  const own = client<paths>(administrator);
  const listed = () =>
    toTheEnd((cursor) =>
      own.GET("/api/v1/users", { params: { query: cursor ? { limit: 2, cursor } : { limit: 2 } } }),
    );
  const found = async () => (await listed()).map((user) => user.id).filter((id) => ids.includes(id));
  await eventually(found, [...ids].reverse());
  const [first] = ids as [number];
  const one = { path: { user_id: first } };
  succeeded(await own.POST("/api/v1/users/{user_id}/erasure", { params: one }), 204);
  rejected(await own.GET("/api/v1/users/{user_id}", { params: one }), 404, "user-not-found");
});

test("rejected requests have typed problems", async () => {
  const body = newUser();
  succeeded(await anonymous.POST("/api/v1/users", { body }), 201);
  rejected(await anonymous.POST("/api/v1/users", { body }), 409, "email-taken");
  const wrong = rejected(await logIn(body.email, "another horse battery"), 400, "invalid-credentials");
  assert.equal("error" in wrong && wrong.error, "invalid_grant");
  rejected(await anonymous.GET("/api/v1/users/me"), 401, "unauthenticated");
  const nameless = await anonymous.POST("/api/v1/users", { body: { ...newUser(), username: " " } });
  const problem = rejected(nameless, 422, "invalid-request");
  assert.deepEqual(problem.errors?.map((error) => error.pointer), ["#/username"]);
});
