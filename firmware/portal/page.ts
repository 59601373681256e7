// Owns what the portal answers: one small page with a form and nothing fetched from elsewhere, a word of thanks, and the way back to the
// page for every other path, which is what makes a phone show it by itself. Pure.
import type { Bytes } from "#protocol";

function escapeHtml(text: Bytes): Bytes {
  return text.split("&").join("&amp;").split("<").join("&lt;").split('"').join("&quot;");
}

function renderAnswer(status: string, header: string, body: Bytes): Bytes {
  return (
    "HTTP/1.1 " +
    status +
    "\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nConnection: close\r\n" +
    header +
    "Content-Length: " +
    body.length +
    "\r\n\r\n" +
    body
  );
}

function renderPage(title: Bytes, inside: Bytes): Bytes {
  return (
    "<!doctype html><meta name=viewport content='width=device-width'><title>Trapline</title><style>body{font:18px sans-serif;margin:2em auto;max-width:20em}" +
    "input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5em;margin:.3em 0 1em}</style><h1>" +
    title +
    "</h1>" +
    inside
  );
}

/**
 * @param serial of the trap
 * @param failed name of the network that could not be joined, or empty
 * @param names of networks in reach
 */
export function formAnswer(serial: string, failed: Bytes, names: Bytes[]): Bytes {
  let options = "";
  for (const name of names) options += '<option value="' + escapeHtml(name) + '">';
  const note = failed === "" ? "Which Wi-Fi shall it join?" : "It could not join " + escapeHtml(failed) + ".";
  const form =
    "</p><form method=post action=/><label>Wi-Fi name<input name=ssid maxlength=32 required list=n autocapitalize=none></label><datalist id=n>" +
    options +
    "</datalist><label>Password<input name=pass type=password maxlength=63></label><button>Join</button></form>";
  const body = renderPage("Trap " + escapeHtml(serial), "<p>" + note + form);
  return renderAnswer("200 OK", "", body);
}

export function thanksAnswer(ssid: Bytes): Bytes {
  const body = renderPage(
    "Thank you",
    "<p>The trap now joins " + escapeHtml(ssid) + ". If it cannot, its own network comes back in a minute.",
  );
  return renderAnswer("200 OK", "", body);
}

export function redirectAnswer(host: string): Bytes {
  return renderAnswer("302 Found", "Location: http://" + host + "/\r\n", "");
}

export function refusalAnswer(): Bytes {
  return renderAnswer("400 Bad Request", "", "");
}
