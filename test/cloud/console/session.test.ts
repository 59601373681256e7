// The way in and out: forms that say what is wrong, the token of the address, the cookie, and that nothing is left behind.
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { closeClean, createDesk, type Desk } from "./desk.ts";

const test = suite("first page: session", { limitMs: 40_000 });
const PASSWORD = "correct horse battery";
let desk: Desk;

test.before(async () => {
  desk = await createDesk();
});
test.after(() => desk?.stop());

test("a token in the address signs in, and is neither in the address nor in the history afterwards", async () => {
  const owner = await desk.cloud.createOwner();
  const watched = await desk.openAs(owner);
  const { page } = watched;
  assert.is(page.url(), `${desk.cloud.httpAddress}/`);
  const cookies = await page.context().cookies();
  assert.equal(
    cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite })),
    [{ name: "trapline_session", httpOnly: true, sameSite: "Strict" }],
  );
  assert.is(await page.evaluate("history.length"), 2, "about:blank and the page");
  assert.is(await page.evaluate("document.cookie + JSON.stringify([localStorage, sessionStorage])"), "[{},{}]");
  await page.reload();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  assert.equal(watched.refusals, []);
  await closeClean(watched);
});

test("a token that is no longer good is said to be so, and a session that stands is kept", async () => {
  const watched = await desk.open({ token: "not-a-token-of-anybody-at-all" });
  await watched.page.getByText("This link did not sign you in").waitFor();
  assert.is(watched.page.url(), `${desk.cloud.httpAddress}/`);
  await closeClean(watched);
  const signedIn = await desk.openAs(await desk.cloud.createOwner());
  await signedIn.page.goto(`${desk.cloud.httpAddress}/#token=not-a-token-of-anybody-at-all`);
  await signedIn.page.getByRole("button", { name: "Sign out" }).waitFor();
  assert.is(signedIn.page.url(), `${desk.cloud.httpAddress}/`);
  await closeClean(signedIn);
});

test("signing out ends the session for good and empties the page", async () => {
  const owner = await desk.cloud.createOwner();
  await desk.cloud.createDevice(owner, { name: "Pantry" });
  const watched = await desk.openAs(owner);
  const { page } = watched;
  await page.locator(".trap", { hasText: "Pantry" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.is(await page.getByText("Pantry").count(), 0);
  assert.equal(await page.context().cookies(), []);
  assert.is((await desk.cloud.ask({ url: "/api/v1/me", as: owner.token })).status, 401);
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await closeClean(watched);
});

test("signing in with the keyboard alone", async () => {
  const owner = await desk.cloud.createOwner();
  const watched = await desk.open();
  const { page } = watched;
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.type(owner.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  await closeClean(watched);
});

test("a wrong password is said in words, and the field to mend has the focus", async () => {
  const owner = await desk.cloud.createOwner();
  const watched = await desk.open();
  const { page } = watched;
  await page.locator("#sign-in-email").fill(owner.email);
  await page.locator("#sign-in-password").fill("wrong horse battery");
  await page.locator("#sign-in").getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("Email or password is wrong.").waitFor();
  assert.is(await page.evaluate("document.activeElement.id"), "sign-in-password");
  await page.locator("#sign-in-password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  await closeClean(watched);
});

test("an email that is taken, one that is none, and a short password are each said in words", async () => {
  const owner = await desk.cloud.createOwner();
  const watched = await desk.open();
  const { page } = watched;
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.locator("#register-tenant").fill("Twice");
  await page.locator("#register-email").fill(owner.email);
  await page.locator("#register-password").fill("short");
  await page.getByRole("button", { name: "Create account" }).click();
  assert.is(await page.locator("#register-password:invalid").count(), 1, "the browser itself points at it");
  await page.locator("#register-password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("There is already an account with this email. Sign in instead.").waitFor();
  await page.evaluate("document.getElementById('register').noValidate = true");
  await page.locator("#register-email").fill("nobody");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("Check the email: it must be an email address.").waitFor();
  assert.is(await page.locator("#register-email[aria-invalid=true]").count(), 1);
  assert.is(await page.evaluate("document.activeElement.id"), "register-email");
  await closeClean(watched);
});

test("two clicks on a slow answer are one request", async () => {
  const watched = await desk.open();
  const { page } = watched;
  let asked = 0;
  await page.route("**/api/v1/login", async (route) => {
    asked += 1;
    await route.continue();
  });
  await page.locator("#sign-in-email").fill("nobody@example.com");
  await page.locator("#sign-in-password").fill(PASSWORD);
  await page.evaluate("for (const _ of [1, 2]) document.getElementById('sign-in').requestSubmit()");
  await page.getByText("Email or password is wrong.").waitFor();
  assert.is(asked, 1);
  await closeClean(watched);
});
